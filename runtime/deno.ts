/** The Runtime process on Deno. It runs the sources. */
import { openDenoRecorder } from "./deno-tracing.ts";
import { startRuntime } from "./node-start.ts";

await startRuntime({ platformRecorder: openDenoRecorder });
