/**
 * The configuration, as the doctor sees it.
 */
import { ConfigError } from "../../runtime/settings.ts";
import type { LoadedConfig } from "../config.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";

const SUBJECT = "configuration";

/** What is said of one that could be read. */
export function checkConfig({ config, reading }: LoadedConfig): Finding[] {
  const set = [...reading.origins.values()].filter(({ from }) => from !== "default").length;
  const from = reading.file === null ? "the environment" : `${reading.file.path} and the environment`;
  const found = [ok(SUBJECT, `${from}: ${set} of ${reading.origins.size} settings are set`)];
  if (config.access.letsAnyoneIn) {
    const advice = "Set access.token, unless something else guards the address.";
    found.push(warn(SUBJECT, "whoever can reach the address is let in without a login", advice));
  }
  const { shutdownGraceMs, heartbeatIntervalMs } = config;
  if (heartbeatIntervalMs > USUAL_IDLE_CUT_MS / 2) {
    const advice = `Let server.heartbeat_interval_ms be at most ${USUAL_IDLE_CUT_MS / 2}.`;
    found.push(warn(SUBJECT, `links are silent for ${heartbeatIntervalMs} ms; many proxies cut them`, advice));
  }
  if (shutdownGraceMs > USUAL_KILL_MS) {
    const advice = "Let whatever stops the server wait longer than that before it kills.";
    found.push(warn(SUBJECT, `runs may go on for ${shutdownGraceMs} ms after the server was asked to end`, advice));
  }
  return found;
}

/** What proxies and service managers do by default, in most installations. */
const USUAL_IDLE_CUT_MS = 60_000;
const USUAL_KILL_MS = 90_000;

/** What is said of one that can't be read: a line for each thing that is wrong. @throws what is no matter of configuration */
export function checkWrongConfig(error: unknown): Finding[] {
  if (!(error instanceof ConfigError)) throw error;
  const [head = "", ...lines] = error.message.split("\n");
  const wrong = lines.length > 0 ? lines : [head.replace(/^Cannot start: /, "").replace(/\.$/, "")];
  return wrong.map((line) => fail(SUBJECT, line.trim(), "Put it right: the server does not start with it."));
}
