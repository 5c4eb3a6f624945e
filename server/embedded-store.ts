/**
 * Where the embedded Runtime keeps its Workers.
 *
 * Owns its id, the same in every workspace, and with it the name of its file. Entry points ask for the store first of all,
 * so that it opens while the server loads.
 */
import { RuntimeId } from "../protocol/id.ts";
import { createStoreSource, type StoreSource } from "../runtime/store/open-store.ts";
import type { Config } from "./config.ts";
import { EMBEDDED_RUNTIME_NAME } from "./runtimes-file.ts";

/** The embedded Runtime's id. */
export const EMBEDDED_RUNTIME_ID = RuntimeId.parse(EMBEDDED_RUNTIME_NAME);

/** Its store, on its way when this returns. */
export function openEmbeddedStore({ store }: Config): StoreSource {
  return createStoreSource(store, EMBEDDED_RUNTIME_ID);
}
