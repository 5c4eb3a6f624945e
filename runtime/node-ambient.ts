/**
 * A value that goes along with work, by Node's asynchronous context, which Deno has as well.
 *
 * Owns nothing else. Entry points make the one of their process.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Ambient } from "./tracing/tracing.ts";

/** An ambient value. */
export function createAmbient<Value>(): Ambient<Value> {
  const storage = new AsyncLocalStorage<Value | undefined>();
  return { get: () => storage.getStore(), run: (value, work) => storage.run(value, work) };
}
