/** The Runtime process on Node. The built output runs this, on Bun too. */
import { useCodeCache } from "./node-code-cache.ts";

useCodeCache(import.meta.url);
const { startRuntime } = await import("./node-start.ts");
const { engineFetch } = await import("./node-provider-fetch.ts");
await startRuntime({ providerFetch: engineFetch });
