/**
 * How a program is run: the settings of its log and of its end, which every program shares.
 *
 * Owns their keys, their defaults and what they mean together. Each program puts the keys among its own.
 */
import * as z from "zod/mini";
import { LOG_FORMATS, LOG_LEVELS, type LogConfig } from "./log.ts";
import { integer, oneOf } from "./settings.ts";

/** What an operator chooses. */
export interface OperationConfig {
  readonly log: LogConfig;
  /** How long runs may go on after the program was asked to end. */
  readonly shutdownGraceMs: number;
}

const DEFAULT_GRACE_MS = 10_000;
const MAX_GRACE_MS = 3_600_000;

/** Keys of the log and of the end. */
export const operationKeys = {
  YOI_LOG_LEVEL: z._default(oneOf(LOG_LEVELS), "info"),
  YOI_LOG_FORMAT: z._default(oneOf(LOG_FORMATS), "auto"),
  YOI_SHUTDOWN_GRACE_MS: z._default(integer(0, MAX_GRACE_MS), DEFAULT_GRACE_MS),
};

const Keys = z.object(operationKeys);

/** What the parsed keys say together. */
export function operationConfigOf(keys: z.infer<typeof Keys>): OperationConfig {
  return {
    log: { level: keys.YOI_LOG_LEVEL, format: keys.YOI_LOG_FORMAT },
    shutdownGraceMs: keys.YOI_SHUTDOWN_GRACE_MS,
  };
}
