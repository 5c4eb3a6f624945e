/** The Runtime process on Deno. The built output runs this. */
import { openDenoRecorder } from "./deno-tracing.ts";
import { startRuntime } from "./node-start.ts";

await startRuntime({ platformRecorder: openDenoRecorder });
