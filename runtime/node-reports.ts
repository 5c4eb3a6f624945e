/**
 * What a process tells its operator: its log and its traces, which name each other. On Node, and on Deno alike.
 *
 * Owns their opening from what is configured. Entry points add where lines go, and a platform's own exporter.
 */
import { createLog, type Log, type LogConfig } from "./log.ts";
import { createAmbient } from "./node-ambient.ts";
import type { Environment } from "./settings.ts";
import { openTracing } from "./tracing/open-tracing.ts";
import { readTracingConfig } from "./tracing/tracing-config.ts";
import { fieldsOf, type Recorder, type Span, type Tracing } from "./tracing/tracing.ts";

/** What they are made of. */
export interface ReportOptions {
  readonly config: LogConfig;
  readonly environment: Environment;
  /** How the process is called in traces, where the environment does not say. */
  readonly serviceName: string;
  readonly isTerminal: boolean;
  /** Takes a line of the log with its end. */
  readonly write: (line: string) => void;
  /** Makes the recorder of the platform's own exporter; absent where it has none. */
  readonly platformRecorder?: (isSentByPlatform: boolean) => Promise<Recorder>;
}

/** What is opened. */
export interface Reports {
  readonly log: Log;
  /** Resolves when what records has been loaded. */
  readonly tracing: Promise<Tracing>;
}

/** Opens them. @throws ConfigError where the environment says something wrong of traces */
export function openReports(options: ReportOptions): Reports {
  const { environment, serviceName, isTerminal, write, platformRecorder } = options;
  const config = readTracingConfig(environment, { serviceName, hasPlatformExporter: platformRecorder !== undefined });
  const ambient = createAmbient<Span>();
  const log = createLog(options.config, isTerminal, write, () => fieldsOf(ambient.get()));
  const tracing = openTracing({
    config,
    ambient,
    log,
    ...(platformRecorder === undefined ? {} : { platformRecorder }),
  });
  return { log, tracing };
}
