/**
 * How a program is run: what the settings of its log and of its end mean together, which every program shares.
 */
import type { LogConfig } from "./log.ts";
import type { operationSettings } from "./settings/operation-settings.ts";
import type { ValuesOf } from "./settings/setting.ts";

/** What an operator chooses. */
export interface OperationConfig {
  readonly log: LogConfig;
  /** How long runs may go on after the program was asked to end. */
  readonly shutdownGraceMs: number;
}

/** What the checked values say together. */
export function operationConfigOf(keys: ValuesOf<typeof operationSettings>): OperationConfig {
  return {
    log: { level: keys.YOI_LOG_LEVEL, format: keys.YOI_LOG_FORMAT },
    shutdownGraceMs: keys.YOI_SHUTDOWN_GRACE_MS,
  };
}
