/** The entry point on Node. The built output runs this, on Bun too. */
import { useCodeCache } from "../runtime/node-code-cache.ts";

useCodeCache(import.meta.url);
const { startServer } = await import("./node-start.ts");
const { engineFetch } = await import("../runtime/node-provider-fetch.ts");
await startServer({ assetsFolder: new URL("../client/", import.meta.url), providerFetch: engineFetch });
