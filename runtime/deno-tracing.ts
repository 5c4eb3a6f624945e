/**
 * Deno's own exporter of traces, which `OTEL_DENO=true` switches on.
 *
 * Owns its loading only: Deno has registered it with OpenTelemetry's API before any of our code runs.
 */
import type { Recorder } from "./tracing/tracing.ts";

/** Makes the recorder for it. @param isSentByPlatform Whether Deno puts the trace's name on requests by itself. */
export async function openDenoRecorder(isSentByPlatform: boolean): Promise<Recorder> {
  const { createApiRecorder } = await import("./tracing/api-recorder.ts");
  return createApiRecorder(isSentByPlatform);
}
