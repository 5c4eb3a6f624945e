/**
 * Sees to it that the tests have the proxies that the console is to work behind, by apt where they are missing. Run by the
 * test command with the project's own Node.
 */
import { findProxy, PROXY_PACKAGES } from "../tests/support/proxy-process.ts";
import { installByApt } from "./apt.mjs";

await installByApt({
  listMissing: () => Object.keys(PROXY_PACKAGES).flatMap((kind) => (findProxy(kind) ? [] : [PROXY_PACKAGES[kind]])),
  byHand: "Install nginx, Caddy and HAProxy (Debian: nginx-light caddy haproxy).",
});
