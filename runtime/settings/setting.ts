/**
 * One setting: where it stands in the file, what it means, what it may be, and what it is when nobody sets it.
 *
 * Owns the kinds of settings. A schema describes the value as JSON has it, so that the file, the published JSON Schema and
 * the environment (whose texts `environment-value.ts` turns into such values) are held to the same bounds. Each schema
 * says in its own words what would be right: configuration is read before any of Zod's locales is there.
 */
import * as z from "zod/mini";
import { ID_MAX_CHARS, ID_PATTERN } from "../../protocol/id.ts";
import type { Secret } from "../secret.ts";

/** What a setting is, and so how a text of the environment is read. */
export type SettingKind = "text" | "path" | "url" | "integer" | "decimal" | "choice" | "yes-no" | "list" | "secret";

/** One setting. Its name in the environment is its name in the table. */
export interface Setting<Value> {
  /** Where it stands in the file, e.g. `server.port`; null: the environment alone sets it. */
  readonly key: string | null;
  /** One or two sentences for the operator, in Markdown. */
  readonly about: string;
  /** What its number counts, e.g. `ms`; null: nothing, or it is no number. */
  readonly unit: string | null;
  readonly kind: SettingKind;
  /** The value as JSON has it; of a secret, its text. */
  readonly schema: z.ZodMiniType;
  /** The value when nobody sets it; null: there is none then. */
  readonly fallback: Value;
}

/** Settings by their names in the environment. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of settings, by the same names. */
export type ValuesOf<Table extends SettingTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Setting<infer Value> ? Value : never;
};

/** What every row of the table says. */
interface Row<Fallback> {
  readonly key: string | null;
  readonly about: string;
  readonly unit?: string;
  readonly fallback?: Fallback;
}

const URL_MAX_CHARS = 2_048;
const LIST_MAX_ITEMS = 256;
const HOUR_MS = 3_600_000;
const TOKEN_MIN_CHARS = 16;
const TOKEN_MAX_CHARS = 1_024;

/** Longest path of a file, in UTF-16 code units. */
export const PATH_MAX_CHARS = 4_096;

function settingOf<Value>(kind: SettingKind, row: Row<unknown>, schema: z.ZodMiniType): Setting<Value> {
  const { key, about, unit = null, fallback = null } = row;
  // why: each maker says by its type that a row without a fallback has the value null.
  return { key, about, unit, kind, schema, fallback: fallback as Value };
}

/** A text without space around it. */
export function textSchema(maxChars: number, minChars = 1) {
  const expected = `expected ${minChars} to ${maxChars} characters`;
  return z.string(expected).check(z.trim(), z.minLength(minChars, expected), z.maxLength(maxChars, expected));
}

/** An id of the wire. */
export function idSchema() {
  return textSchema(ID_MAX_CHARS).check(z.regex(ID_PATTERN, "expected letters, digits, _, : and - only"));
}

/** A token that lets somebody in. Visible ASCII only: it stands in a header. */
export function tokenSchema() {
  const expected = "expected letters, digits and signs of ASCII, without spaces";
  return textSchema(TOKEN_MAX_CHARS, TOKEN_MIN_CHARS).check(z.regex(/^[\x21-\x7e]*$/, expected));
}

/** A text. */
export function text<Fallback extends string | null = null>(
  row: Row<Fallback> & { readonly schema: z.ZodMiniType<string> },
): Setting<string | Fallback> {
  return settingOf("text", row, row.schema);
}

/** The path of a file or a folder. */
export function path<Fallback extends string | null = null>(row: Row<Fallback>): Setting<string | Fallback> {
  return settingOf("path", row, textSchema(PATH_MAX_CHARS));
}

/** An address of HTTP. */
export function url(row: Row<null>): Setting<string | null> {
  const expected = "expected a URL that begins with http:// or https://";
  return settingOf(
    "url",
    row,
    z.url({ protocol: /^https?$/, error: expected }).check(z.maxLength(URL_MAX_CHARS, expected)),
  );
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** A whole number. */
export function integer<Fallback extends number | null = null>(
  row: Row<Fallback> & Bounds,
): Setting<number | Fallback> {
  const expected = `expected a whole number from ${row.min} to ${row.max}`;
  const bounds = [z.int(expected), z.gte(row.min, expected), z.lte(row.max, expected)];
  return settingOf("integer", row, z.number(expected).check(...bounds));
}

/** Milliseconds, up to an hour. */
export function duration(row: Row<number> & { readonly minMs?: number; readonly fallback: number }): Setting<number> {
  return integer({ unit: "ms", ...row, min: row.minMs ?? 1, max: HOUR_MS });
}

/** A number. */
export function decimal(row: Row<number> & Bounds & { readonly fallback: number }): Setting<number> {
  const expected = `expected a number from ${row.min} to ${row.max}`;
  return settingOf("decimal", row, z.number(expected).check(z.gte(row.min, expected), z.lte(row.max, expected)));
}

/** One of a few words. */
export function choice<const Values extends readonly [string, ...string[]]>(
  row: Row<Values[number]> & { readonly values: Values; readonly fallback: Values[number] },
): Setting<Values[number]> {
  return settingOf("choice", row, z.enum(row.values, `expected ${row.values.join(" or ")}`));
}

/** `true` or `false` in the file, `yes` or `no` in the environment. */
export function yesNo(row: Row<boolean> & { readonly fallback: boolean }): Setting<boolean> {
  return settingOf("yes-no", row, z.boolean("expected true or false"));
}

/** A list of texts; in the environment they are separated by commas. */
export function list(
  row: Row<readonly string[]> & { readonly pattern: RegExp; readonly expected: string },
): Setting<readonly string[]> {
  const item = z.string(row.expected).check(z.trim(), z.regex(row.pattern, row.expected));
  const schema = z.array(item, row.expected).check(z.maxLength(LIST_MAX_ITEMS, row.expected));
  return settingOf("list", { fallback: [], ...row }, schema);
}

/** A secret: a variable or the file that another variable names; in the file, a reference to one of these. */
export function secret(row: Row<null> & { readonly schema: z.ZodMiniType<string> }): Setting<Secret | null> {
  return settingOf("secret", row, row.schema);
}

/** The variable that names the file of a secret: a secret has two names in the environment. */
export const fileVariableOf = (name: string): string => `${name}_FILE`;

/** Every name that settings have in the environment. */
export function variablesOf(table: SettingTable): string[] {
  return Object.entries(table).flatMap(([name, { kind }]) =>
    kind === "secret" ? [name, fileVariableOf(name)] : [name],
  );
}
