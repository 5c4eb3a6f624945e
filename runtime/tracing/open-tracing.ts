/**
 * Traces, opened as the environment asks for them.
 *
 * Owns the choice of the recorder. What records is loaded only where it is asked for: a program that is not traced starts
 * as if there were no traces.
 */
import { systemClock, systemRandom } from "../clock.ts";
import type { Log } from "../log.ts";
import type { TracingConfig } from "./tracing-config.ts";
import { createTracing, type Ambient, type Recorder, type Span, type Tracing } from "./tracing.ts";

/** What it needs. */
export interface OpenTracingOptions {
  readonly config: TracingConfig;
  readonly ambient: Ambient<Span>;
  readonly log: Log;
  /** Makes the recorder of the platform's own exporter; absent where it has none. */
  readonly platformRecorder?: (isSentByPlatform: boolean) => Promise<Recorder>;
}

/** Opens them; nothing is sent before the first span has ended. */
export async function openTracing(options: OpenTracingOptions): Promise<Tracing> {
  return createTracing(options.ambient, await recorderOf(options));
}

async function recorderOf({ config, log, platformRecorder }: OpenTracingOptions): Promise<Recorder | null> {
  switch (config.kind) {
    case "none":
      return null;
    case "platform":
      return (await platformRecorder?.(config.isSentByPlatform)) ?? null;
    case "collector": {
      const [{ OtlpExporter }, { createOtlpRecorder }] = await Promise.all([
        import("./otlp-exporter.ts"),
        import("./otlp-recorder.ts"),
      ]);
      const { collector, resource, sampling } = config;
      return createOtlpRecorder({
        exporter: new OtlpExporter({
          collector,
          resource,
          clock: systemClock,
          fetch: (input, init) => fetch(input, init),
          log,
        }),
        sampling,
        clock: systemClock,
        stopwatch: () => performance.now(),
        random: systemRandom,
      });
    }
  }
}
