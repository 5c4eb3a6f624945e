/**
 * Values as texts: how the environment writes what the file has as JSON, in both directions.
 */
import type { SettingKind } from "./setting.ts";

const WHOLE_NUMBER = /^\d{1,16}$/;
const NUMBER = /^\d{1,16}(?:\.\d{1,16})?$/;

/** A text of the environment as the value that the file would have. What is none stays a text, for the schema to refuse. */
export function decodeVariable(kind: SettingKind, text: string): unknown {
  switch (kind) {
    case "integer":
      return WHOLE_NUMBER.test(text) ? Number(text) : text;
    case "decimal":
      return NUMBER.test(text) ? Number(text) : text;
    case "yes-no":
      return text === "yes" || text === "no" ? text === "yes" : text;
    case "list":
      return text.split(",").map((item) => item.trim());
    case "text":
    case "path":
    case "url":
    case "choice":
    case "secret":
      return text;
  }
}

/** A value as the environment would have it: `[a, b]` is `a,b`, true is `yes`. */
export function encodeVariable(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(",") : String(value as string | number); // why: settings have no other values
}
