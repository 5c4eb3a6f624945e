/**
 * What `--print-config` prints: every value that holds, and where it came from.
 *
 * Owns what is hidden: secrets are never shown, only where they were found; addresses lose what may be a password.
 */
import type { PrintFormat } from "./config-flags.ts";
import { withoutCredentials } from "./problems.ts";
import type { Origin, Reading } from "./read-settings.ts";
import type { Reference } from "./reference.ts";
import { fileVariableOf, type Setting, type SettingTable } from "./setting.ts";

/** One value that holds. */
export interface ShownSetting {
  /** Its place in the file; null: it has none. */
  readonly key: string | null;
  /** Its name in the environment; null: it has none. */
  readonly variable: string | null;
  readonly value: unknown;
  /** Where it came from, e.g. `default`, `environment` or `yoi.config.jsonc:12`. */
  readonly source: string;
}

const KEY_CHARS = 34;
const VALUE_CHARS = 42;

/** The values of a reading, in the order of its table. */
export function shownSettings<Table extends SettingTable>(table: Table, reading: Reading<Table>): ShownSetting[] {
  return Object.entries(table).map(([variable, setting]) => {
    const origin = reading.origins.get(variable) ?? { from: "default" };
    return {
      key: setting.key,
      variable,
      value: shown(setting, reading.values[variable], origin, variable),
      source: sourceOf(origin),
    };
  });
}

/** The lines that are printed. */
export function printSettings(settings: readonly ShownSetting[], format: PrintFormat): string {
  if (format === "json") return JSON.stringify({ settings }, null, 2);
  const lines = settings.map(({ key, variable, value, source }) => {
    const name = (key ?? variable ?? "").padEnd(KEY_CHARS);
    const text = typeof value === "string" && value.startsWith("<") ? value : JSON.stringify(value);
    return `${name} ${(value === null ? "-" : text).padEnd(VALUE_CHARS)} ${source}`.trimEnd();
  });
  return lines.join("\n");
}

/** What is shown instead of a secret, e.g. `<hidden, from env LAB_TOKEN>`. */
export function hiddenBehind(reference: Reference): string {
  return "env" in reference ? `<hidden, from env ${reference.env}>` : `<hidden, from file ${reference.file}>`;
}

function shown({ kind }: Setting<unknown>, value: unknown, origin: Origin, variable: string): unknown {
  if (value === null) return null;
  if (kind === "url") return withoutCredentials(String(value as string)); // why: a url's schema is a text
  if (kind !== "secret") return value;
  if (origin.from === "file" && origin.reference !== undefined) return hiddenBehind(origin.reference);
  const name = "name" in origin ? origin.name : variable;
  return name === fileVariableOf(variable)
    ? `<hidden, from the file that ${name} names>`
    : `<hidden, from env ${name}>`;
}

function sourceOf(origin: Origin): string {
  switch (origin.from) {
    case "default":
      return "default";
    case "file":
      return origin.place;
    case "environment":
      return `environment ${origin.name}`;
    case "flag":
      return `command line`;
  }
}
