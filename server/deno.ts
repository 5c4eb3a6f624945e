/** The entry point on Deno. It runs the sources; only the browser's files are built. */
import { openDenoRecorder } from "../runtime/deno-tracing.ts";
import { startServer } from "./node-start.ts";

await startServer({
  assetsFolder: new URL("../dist/client/", import.meta.url),
  platformRecorder: openDenoRecorder,
});
