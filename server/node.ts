/** The entry point on Node. The built output runs this, on Bun too. */
import { startServer } from "./node-start.ts";

await startServer({ assetsFolder: new URL("../client/", import.meta.url) });
