/**
 * The workspace server's own rows. What they mean together is in `server/config.ts`; they stand here, because the Runtime
 * process reads the same file and has to know which of its keys are nobody's.
 */
import * as z from "zod/mini";
import { DISPLAY_NAME_MAX_CHARS } from "../../protocol/runtime-api.ts";
import { BasePath } from "./base-path.ts";
import {
  choice,
  duration,
  idSchema,
  integer,
  list,
  path,
  secret,
  text,
  textSchema,
  tokenSchema,
  yesNo,
} from "./setting.ts";

export const workspaceSettings = {
  YOI_HOST: text({
    key: "server.host",
    about: "Address to listen on. Beyond loopback it needs an access token, see [Who may come in](#who-may-come-in).",
    schema: textSchema(253),
    fallback: "127.0.0.1",
  }),
  YOI_PORT: integer({
    key: "server.port",
    about: "Port to listen on; `0` takes a free one.",
    min: 0,
    max: 65_535,
    fallback: 8787,
  }),
  YOI_BASE_PATH: text({
    key: "server.base_path",
    about:
      "Where browsers find the app, as `/yoi/`, whether a proxy keeps that prefix or strips it. `/` follows a trusted " +
      "proxy's `X-Forwarded-Prefix`, see [proxies](proxies.md).",
    schema: BasePath,
    fallback: "/",
  }),
  YOI_HEARTBEAT_INTERVAL_MS: duration({
    key: "server.heartbeat_interval_ms",
    about: "How often a console hears that its link is alive.",
    minMs: 50,
    fallback: 10_000,
  }),
  YOI_CURSOR_SECRET: secret({
    key: "server.cursor_secret",
    about:
      "Seals cursors, at least 32 characters. Without one it is made once and kept in the data folder; with a store in " +
      "memory it ends with the process.",
    schema: textSchema(1_024, 32),
  }),
  YOI_WORKSPACE_ID: text({
    key: "workspace.id",
    about: "The workspace's id in every list.",
    schema: idSchema(),
    fallback: "workspace",
  }),
  YOI_WORKSPACE_NAME: text({
    key: "workspace.name",
    about: "Its name for people.",
    schema: textSchema(DISPLAY_NAME_MAX_CHARS),
    fallback: "Yoi Workspace",
  }),
  YOI_ACCESS_TOKEN: secret({
    key: "access.token",
    about:
      "What visitors log in with, and programs send as a bearer token; at least 16 characters. Without one nobody logs in.",
    schema: tokenSchema(),
  }),
  YOI_LET_ANYONE_IN: yesNo({
    key: "access.let_anyone_in",
    about: "Whether everybody may come in although other machines can reach the address.",
    fallback: false,
  }),
  YOI_ALLOWED_HOSTS: list({
    key: "access.allowed_hosts",
    about: "Names that the server goes by besides those of loopback.",
    pattern: /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9_.-]{1,253})$/,
    expected: "expected names without a port, as in a.example,b.example",
  }),
  YOI_ALLOWED_ORIGINS: list({
    key: "access.allowed_origins",
    about:
      "Other origins whose posts and sockets are taken, as `https://a.example`: where a proxy changes `Host`, the " +
      "one that browsers have. A page of another site can only open sockets: browsers let it neither post JSON nor " +
      "read answers.",
    pattern: /^https?:\/\/[^/\s,]{1,300}$/,
    expected: "expected origins, as in https://a.example",
  }),
  YOI_TRUSTED_PROXIES: list({
    key: "access.trusted_proxies",
    about: "Addresses and networks of proxies whose `X-Forwarded-*` headers are believed.",
    pattern: /^[0-9a-fA-F:./]{2,50}$/,
    expected: "expected addresses and networks, as in 127.0.0.1,10.0.0.0/8",
  }),
  YOI_USER_HEADER: text({
    key: "access.user_header",
    about: "Header in which such a proxy names the user. Whoever comes without it must log in.",
    schema: textSchema(100).check(z.regex(/^[A-Za-z0-9-]+$/, "expected the name of a header, as in X-Forwarded-User")),
  }),
  YOI_STORE: choice({
    key: "store.kind",
    about:
      "Where the embedded Runtime keeps its Workers: `sqlite` in a file, or `memory`, which ends with the process.",
    values: ["sqlite", "memory"],
    fallback: "sqlite",
  }),
  YOI_DATA_DIR: path({
    key: "store.folder",
    about: "The folder of that file, made where it is missing.",
    fallback: "data",
  }),
  YOI_RUNTIMES_FILE: path({
    key: null,
    about: "A JSON file of its own with the list of [Runtimes in other processes](#runtimes-in-other-processes).",
  }),
};
