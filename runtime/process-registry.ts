/**
 * The registry of this process.
 *
 * Owns the one module-scoped value of the Runtime. Entry points alone import it; tests make their own registries.
 */
import { createEmbeddedRegistry } from "./registry.ts";

/** The embedded Runtimes of this process. */
export const processRegistry = createEmbeddedRegistry();
