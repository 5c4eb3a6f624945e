/**
 * Texts that stand elsewhere: in a variable of the environment or in a file.
 *
 * Owns how one is named in the configuration and how it is read. What is wrong is said without the name and without the
 * text: whoever mistakes the one for the other would find the secret in a log.
 */
import * as z from "zod/mini";
import type { Environment, ReadFile } from "../settings.ts";
import { PATH_MAX_CHARS } from "./setting.ts";

/** Where the text of a secret is. */
export type Reference = { readonly env: string } | { readonly file: string };

const VARIABLE_PATTERN = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;

/** What to write instead of anything else. */
export const EXPECTED_REFERENCE =
  'a secret does not stand in this file: expected {"env": "NAME"} or {"file": "/path"}, which say where it is';

/** What stands in a file instead of a secret. */
export const Reference = z.union(
  [
    z.strictObject({ env: z.string().check(z.regex(VARIABLE_PATTERN)) }),
    z.strictObject({ file: z.string().check(z.minLength(1), z.maxLength(PATH_MAX_CHARS)) }),
  ],
  EXPECTED_REFERENCE,
);

/** A text that was found, or what kept it from being found. */
export type Found = { readonly text: string } | { readonly problem: string };

/** The text that a reference leads to, without space around it. */
export async function follow(reference: Reference, environment: Environment, readFile: ReadFile): Promise<Found> {
  if ("file" in reference) return readNamedFile(reference.file, readFile);
  const text = environment[reference.env]?.trim() ?? "";
  return text === "" ? { problem: "names a variable that the environment does not have" } : { text };
}

/** The text of a file that a setting names, without space around it. */
export async function readNamedFile(path: string, readFile: ReadFile): Promise<Found> {
  try {
    return { text: (await readFile(path)).trim() };
  } catch (error) {
    return { problem: `names a file that ${REASONS.get(codeOf(error)) ?? "can't be read"}` };
  }
}

/** What is said of a file that is not there. */
export const MISSING = "names a file that is not there";

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "is not there"],
  ["EACCES", "this user may not read"],
  ["EPERM", "this user may not read"],
  ["EISDIR", "is a folder"],
  ["EFBIG", "is too large"],
]);

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
