/** The entry point on Deno. The built output runs this; the sources run as well, beside what is built. */
import { openDenoRecorder } from "../runtime/deno-tracing.ts";
import { startServer } from "./node-start.ts";

const client = import.meta.url.endsWith(".ts") ? "../dist/client/" : "../client/";

await startServer({
  assetsFolder: new URL(client, import.meta.url),
  platformRecorder: openDenoRecorder,
});
