/**
 * Settings: named texts from an environment or a command line.
 *
 * Owns the kinds of values, what is said of a wrong one, and how a setting may name a file that holds it. Which settings
 * there are is each program's matter.
 */
import * as z from "zod/mini";
import { describeIssues } from "../protocol/problem.ts";

/** What stops the start, in words for the operator. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Names and values, as an environment has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a text file. */
export type ReadFile = (path: string) => Promise<string>;

/** Longest path or address of a file. */
const PATH_MAX_CHARS = 4_096;
const HOUR_MS = 3_600_000;
const LIST_MAX_CHARS = 8_192;

// Each says in its own words what would be right: configuration is read before any of Zod's locales is there.

/** A text without space around it. */
export function text(maxChars: number, minChars = 1) {
  const expected = `expected ${minChars} to ${maxChars} characters`;
  return z.string().check(z.trim(), z.minLength(minChars, expected), z.maxLength(maxChars, expected));
}

/** The path of a file that holds a setting. */
export const path = () => text(PATH_MAX_CHARS);

function number(pattern: RegExp, expected: string, min: number, max: number) {
  return z.pipe(
    z.pipe(z.string().check(z.regex(pattern, expected)), z.transform(Number)),
    z.number().check(z.gte(min, expected), z.lte(max, expected)),
  );
}

/** A whole number in digits. */
export function integer(min: number, max: number) {
  return number(/^\d+$/, `expected a whole number from ${min} to ${max}`, min, max);
}

/** A number in digits, with a point where it needs one. */
export function decimal(min: number, max: number) {
  return number(/^\d+(\.\d+)?$/, `expected a number from ${min} to ${max}`, min, max);
}

/** Milliseconds, up to an hour. */
export function durationMs(fallback: number, minMs = 1) {
  return z._default(integer(minMs, HOUR_MS), fallback);
}

/** One of a few words. */
export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, `expected ${values.join(" or ")}`);
}

/** Texts separated by commas; none where the setting is absent. */
export function listOf(pattern: RegExp, expected: string) {
  return z._default(
    z.pipe(
      z.string().check(z.maxLength(LIST_MAX_CHARS, expected)),
      z.pipe(
        z.transform((list: string) => list.split(",").map((item) => item.trim())),
        z.array(z.string().check(z.regex(pattern, expected))),
      ),
    ),
    [],
  );
}

/** Those that are set: empty values count as absent. */
export function givenSettings(environment: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  );
}

/** @throws ConfigError that names each wrong setting and says what would be right */
export function parseSettings<Schema extends z.ZodMiniType>(schema: Schema, given: Environment): z.output<Schema> {
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new ConfigError(`Cannot start: ${describeIssues(parsed.error)}.`);
  return parsed.data;
}

/**
 * The content of the file that a setting names, or null where it names none.
 *
 * @throws ConfigError that names the setting and never what the file holds
 */
export async function readSettingFile(
  name: string,
  path: string | undefined,
  content: z.ZodMiniType<string>,
  readFile: ReadFile,
): Promise<string | null> {
  if (path === undefined) return null;
  let found: string;
  try {
    found = await readFile(path);
  } catch (cause) {
    throw new ConfigError(`Cannot start: ${name} names a file that can't be read.`, { cause });
  }
  const checked = content.safeParse(found.trim());
  if (checked.success) return checked.data;
  throw new ConfigError(`Cannot start: ${name} names a file with a wrong content: ${describeIssues(checked.error)}.`);
}
