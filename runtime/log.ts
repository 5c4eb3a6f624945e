/**
 * The log that operators read.
 *
 * Owns the one interface through which anything is logged, and its making: lines of JSON for programs, lines for people
 * on a terminal. A message is a fixed sentence; whatever varies stands in its fields, which are plain values, so that an
 * object with a secret in it can't be logged by accident. Entry points make the one log of their process.
 */
import {
  configureSync,
  getAnsiColorFormatter,
  getJsonLinesFormatter,
  getLogger,
  getTextFormatter,
  type FormattedValues,
  type TextFormatter,
} from "@logtape/logtape";

/** From the gravest to the least. */
export const LOG_LEVELS = ["error", "warning", "info", "debug"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How lines look; `auto` is for people on a terminal and for programs elsewhere. */
export const LOG_FORMATS = ["auto", "json", "text"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What is chosen of it. */
export interface LogConfig {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** What varies, under names as in `worker_id`. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Takes lines; one method per level. */
export type Log = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

/** Logs nothing. */
export const NO_LOG: Log = { error() {}, warning() {}, info() {}, debug() {} };

const CATEGORY = "yoi";
const NO_FIELDS: LogFields = {};
const MAX_CAUSES = 4;

/**
 * Makes the log of this process. There is one; another one takes its place.
 *
 * @param write Takes a line with its end.
 * @param around Fields of whatever is going on, unless a line says them itself.
 */
export function createLog(
  { level, format }: LogConfig,
  isTerminal: boolean,
  write: (line: string) => void,
  around: () => LogFields = () => NO_FIELDS,
): Log {
  const line = formatterOf(format === "auto" ? (isTerminal ? "text" : "json") : format, isTerminal);
  configureSync({
    reset: true,
    sinks: { lines: (record) => write(line(record)) },
    loggers: [
      { category: CATEGORY, lowestLevel: level, sinks: ["lines"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["lines"] },
    ],
  });
  const logger = getLogger(CATEGORY);
  const whole = (fields: LogFields = NO_FIELDS): LogFields => ({ ...around(), ...fields });
  return {
    error: (message, fields) => logger.error(message, whole(fields)),
    warning: (message, fields) => logger.warning(message, whole(fields)),
    info: (message, fields) => logger.info(message, whole(fields)),
    debug: (message, fields) => logger.debug(message, whole(fields)),
  };
}

function formatterOf(format: "json" | "text", hasColors: boolean): TextFormatter {
  if (format === "json") return getJsonLinesFormatter({ properties: "flatten", categorySeparator: "." });
  const options = { timestamp: "time", level: "full", format: textLine } as const;
  return hasColors ? getAnsiColorFormatter(options) : getTextFormatter(options);
}

function textLine({ timestamp, level, message, record }: FormattedValues): string {
  const { stack, ...fields } = record.properties;
  const said = Object.entries(fields).map(([name, value]) => ` ${name}=${plainValue(value)}`);
  return `${timestamp} ${level} ${message}${said.join("")}${typeof stack === "string" ? `\n${stack}` : ""}`;
}

/** Quoted where it could be read as more than one value, or break the line. */
function plainValue(value: unknown): string {
  return typeof value === "string" && !/^[\x21\x23-\x3c\x3e-\x7e]+$/.test(value)
    ? JSON.stringify(value)
    : String(value);
}

/** An error with its stack and what it was caused by, for an operator; never for a visitor. */
export function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let next: unknown = error; next !== undefined && parts.length < MAX_CAUSES;) {
    parts.push(next instanceof Error ? (next.stack ?? String(next)) : `thrown: ${typeof next}`);
    next = next instanceof Error ? next.cause : undefined;
  }
  return parts.join("\ncaused by: ");
}
