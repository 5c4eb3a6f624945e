/**
 * What an operator reads when the server has started.
 *
 * Owns the words. They name no key and no provider's address.
 */
import { announceStore } from "../runtime/store-config.ts";
import { isLoopback } from "../runtime/runtime-config.ts";
import type { Config } from "./config.ts";

/** Lines for the terminal. `url` is where the console is. */
export function announce(config: Config, url: string): readonly string[] {
  const { provider, workspace } = config;
  const where = [
    `${workspace.displayName} is at ${url}`,
    ...(isLoopback(config.host) || !config.access.letsAnyoneIn ? [] : [OPEN_TO_ALL]),
  ];
  const kept = announceStore(config.store);
  if (provider.kind === "openai") return [...where, kept, `Answers come from ${provider.model}.`];
  return [
    ...where,
    kept,
    "The offline demo answers: no key is configured. Type /demo help in the console to see what it can show.",
    "For a real provider set OPENAI_API_KEY (or OPENAI_BASE_URL for a compatible server) and OPENAI_MODEL, then start again.",
  ];
}

const OPEN_TO_ALL = "DANGER: nobody has to log in, and whoever can reach this address can read and write here.";
