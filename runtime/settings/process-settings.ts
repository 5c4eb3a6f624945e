/**
 * The Runtime process's own rows. What they mean together is in `runtime-config.ts`; each has a flag, except the token.
 */
import * as z from "zod/mini";
import { DISPLAY_NAME_MAX_CHARS } from "../../protocol/runtime-api.ts";
import { choice, duration, idSchema, integer, path, secret, text, textSchema, tokenSchema, yesNo } from "./setting.ts";

const MAX_PORT = 65_535;

/** An address and a port. */
export const BIND_PATTERN = /^(\[[0-9A-Fa-f:.]+\]|[^:\s[\]]+):([0-9]{1,5})$/;

const bindText = textSchema(300).check(
  z.refine((bind) => Number(BIND_PATTERN.exec(bind)?.[2] ?? MAX_PORT + 1) <= MAX_PORT, {
    error: "expected an address and a port, as in 127.0.0.1:38800 or [::1]:38800",
  }),
);

export const processSettings = {
  YOI_RUNTIME_ID: text({
    key: "runtime.id",
    about: "The Runtime's id: what a Backend is configured with.",
    schema: idSchema(),
    fallback: "runtime",
  }),
  YOI_RUNTIME_DISPLAY_NAME: text({
    key: "runtime.display_name",
    about: "Its name for people; decides nothing.",
    schema: textSchema(DISPLAY_NAME_MAX_CHARS),
    fallback: "Yoi Runtime",
  }),
  YOI_RUNTIME_BIND: text({
    key: "runtime.bind",
    about: "Address and port to listen on; port `0` takes a free one.",
    schema: bindText,
    fallback: "127.0.0.1:38800",
  }),
  YOI_RUNTIME_STORE: choice({
    key: "runtime.store",
    about: "Where Workers are kept: `sqlite` in a file, or `memory`, which ends with the process.",
    values: ["sqlite", "memory"],
    fallback: "sqlite",
  }),
  YOI_RUNTIME_DATA_DIR: path({
    key: "runtime.folder",
    about: "The folder of that file, made where it is missing.",
    fallback: "data",
  }),
  YOI_RUNTIME_TOKEN: secret({
    key: "runtime.token",
    about: "What every request must bring, at least 16 visible ASCII characters. Never a flag itself.",
    schema: tokenSchema(),
  }),
  YOI_RUNTIME_LET_ANYONE_COMMAND: yesNo({
    key: "runtime.let_anyone_command",
    about: "Whether an address beyond this machine may go without a token.",
    fallback: false,
  }),
  YOI_RUNTIME_MAX_WORKERS: integer({
    key: "runtime.max_workers",
    about: "Workers kept at the most.",
    min: 1,
    max: 100_000,
    fallback: 1_000,
  }),
  YOI_RUNTIME_MAX_CONFIG_BUNDLES: integer({
    key: "runtime.max_config_bundles",
    about: "Config bundles kept at the most.",
    min: 1,
    max: 10_000,
    fallback: 256,
  }),
  YOI_RUNTIME_MAX_OBSERVERS: integer({
    key: "runtime.max_observers",
    about: "Sockets at a time.",
    min: 1,
    max: 100_000,
    fallback: 1_000,
  }),
  YOI_RUNTIME_HEARTBEAT_INTERVAL_MS: duration({
    key: "runtime.heartbeat_interval_ms",
    about: "How often an observer that asks for it hears that its link is alive.",
    minMs: 50,
    fallback: 10_000,
  }),
};
