/**
 * The reading of settings: from flags, the environment and the file, in that order, to checked values.
 *
 * Owns which source wins, that each value is checked once, and what is remembered of where it came from. All that is wrong
 * goes to the problems; a wrong value counts as absent meanwhile.
 */
import * as z from "zod/mini";
import { parseJson } from "../parse-json.ts";
import { Secret } from "../secret.ts";
import type { Environment, ReadFile } from "../settings.ts";
import { meant, readConfigFile, type ConfigFile, type FileValue } from "./config-file.ts";
import { decodeVariable } from "./environment-value.ts";
import { nearestName } from "./nearest-name.ts";
import { wrongValue, type Problems } from "./problems.ts";
import { EXPECTED_REFERENCE, follow, readNamedFile, Reference } from "./reference.ts";
import { fileVariableOf, variablesOf, type Setting, type SettingTable, type ValuesOf } from "./setting.ts";
import { wholeTable } from "./table.ts";

/** Where a value came from. */
export type Origin =
  | { readonly from: "default" }
  | { readonly from: "file"; readonly place: string; readonly reference?: Reference }
  | { readonly from: "environment" | "flag"; readonly name: string };

/** Values and where they came from. */
export interface Reading<Table extends SettingTable> {
  readonly values: ValuesOf<Table>;
  readonly origins: ReadonlyMap<string, Origin>;
  readonly file: ConfigFile | null;
  /** The variables that are set, whether or not they are settings. */
  readonly given: Readonly<Record<string, string>>;
  /** The variables that the file leads to. */
  readonly referenced: readonly string[];
}

/** What a program is started with. */
export interface ProgramSources {
  readonly environment: Environment;
  /** Values of the command line, by their names in the environment. */
  readonly flags?: Environment;
  readonly readFile: ReadFile;
  /** The configuration file; null: the one that `YOI_CONFIG` names, or none. */
  readonly configPath: string | null;
}

/** Reads the configuration file and a program's settings. */
export async function readProgramSettings<Table extends SettingTable>(
  table: Table,
  { environment, flags = {}, readFile, configPath }: ProgramSources,
  problems: Problems,
): Promise<Reading<Table>> {
  const given = givenVariables(environment);
  const path = configPath ?? given["YOI_CONFIG"] ?? null;
  const file = await readConfigFile(path, readFile, wholeTable, problems);
  const read = await readSettings(table, { environment: given, flags, file, readFile }, problems);
  return { ...read, file, given, referenced: file === null ? [] : variablesIn(file) };
}

/** Those that are set: empty values count as absent. */
function givenVariables(environment: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ""),
  );
}

/** Reads the settings of a table. */
async function readSettings<Table extends SettingTable>(
  table: Table,
  sources: SettingSources,
  problems: Problems,
): Promise<Pick<Reading<Table>, "values" | "origins">> {
  const values: Record<string, unknown> = {};
  const origins = new Map<string, Origin>();
  for (const [name, setting] of Object.entries(table)) {
    const read = setting.kind === "secret" ? readSecret : readValue;
    const found = await read(name, setting, sources, problems);
    values[name] = found === null ? setting.fallback : found.value;
    origins.set(name, found?.origin ?? { from: "default" });
  }
  // why: every row was read, each checked by its own schema.
  return { values: values as ValuesOf<Table>, origins };
}

interface Found {
  readonly value: unknown;
  readonly origin: Origin;
}

interface SettingSources {
  readonly environment: Environment;
  readonly flags: Environment;
  readonly file: ConfigFile | null;
  readonly readFile: ReadFile;
}

type Read = (
  name: string,
  setting: Setting<unknown>,
  sources: SettingSources,
  problems: Problems,
) => Promise<Found | null>;

const readValue: Read = async (name, setting, { environment, flags, file }, problems) => {
  const written = flags[name] ?? environment[name];
  if (written !== undefined) {
    const parsed = setting.schema.safeParse(decodeVariable(setting.kind, written));
    if (parsed.success) return { value: parsed.data, origin: { from: name in flags ? "flag" : "environment", name } };
    const expected = setting.kind === "yes-no" ? "expected no or yes" : messageOf(parsed.error);
    problems.add(wrongValue(name, setting, written, expected));
    return null;
  }
  const inFile = setting.key === null ? undefined : file?.values.get(setting.key);
  if (inFile === undefined) return null;
  const parsed = setting.schema.safeParse(inFile.value);
  if (parsed.success) return { value: parsed.data, origin: { from: "file", place: inFile.place } };
  problems.add(wrongValue(placeOf(setting, inFile), setting, inFile.value, messageOf(parsed.error)));
  return null;
};

const readSecret: Read = async (name, setting, { environment, flags, file, readFile }, problems) => {
  const check = (place: string, text: string, origin: Origin): Found | null => {
    const parsed = setting.schema.safeParse(text);
    if (parsed.success) return { value: new Secret(String(parsed.data)), origin };
    problems.add(`${place}: ${messageOf(parsed.error)}`);
    return null;
  };
  const value = environment[name];
  const fileVariable = fileVariableOf(name);
  if (flags[fileVariable] === undefined && value !== undefined)
    return check(name, value, { from: "environment", name });
  const path = flags[fileVariable] ?? environment[fileVariable];
  if (path !== undefined) {
    const found = await readNamedFile(path, readFile);
    const origin: Origin = { from: fileVariable in flags ? "flag" : "environment", name: fileVariable };
    if ("text" in found) return check(`${fileVariable} names a file with a wrong content`, found.text, origin);
    problems.add(`${fileVariable} ${found.problem}`);
    return null;
  }
  const inFile = setting.key === null ? undefined : file?.values.get(setting.key);
  if (inFile === undefined) return null;
  const place = placeOf(setting, inFile);
  const reference = Reference.safeParse(inFile.value);
  if (!reference.success) {
    problems.add(`${place}: ${EXPECTED_REFERENCE}`);
    return null;
  }
  const found = await follow(reference.data, environment, readFile);
  if ("text" in found) {
    return check(`${place}, where it leads`, found.text, {
      from: "file",
      place: inFile.place,
      reference: reference.data,
    });
  }
  problems.add(`${place} ${found.problem}`);
  return null;
};

const OWN_PREFIX = "YOI_";

/**
 * Adds the variables of our prefix that are no setting of either program.
 *
 * @param referenced Variables that hold secrets for the file, whatever their names.
 */
export function refuseUnknownVariables(
  environment: Environment,
  table: SettingTable,
  referenced: readonly string[],
  problems: Problems,
): void {
  const known = variablesOf(table);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(OWN_PREFIX) || known.includes(name) || referenced.includes(name)) continue;
    problems.add(
      `${name} is not a setting${meant(nearestName(name, known), "; docs/configuration.md lists them all")}`,
    );
  }
}

/** Where a wrong value stands, e.g. `yoi.config.jsonc:12: server.port`. */
function placeOf({ key }: Setting<unknown>, { place }: FileValue): string {
  return `${place}: ${key ?? ""}`;
}

/** Of a Runtime elsewhere, where its token is. Whatever is wrong in the list is the server's to say. */
const ListedToken = z.object({ token: z.optional(z.unknown()), token_env: z.optional(z.unknown()) });

/** A list of Runtimes in a file of its own. */
const RuntimesFile = z.object({ runtimes: z.optional(z.unknown()) });

/**
 * The variables that the server's list of Runtimes leads to where it is a file of its own: a program that does not read
 * that may share the server's environment all the same.
 */
export async function variablesInRuntimesFile(environment: Environment, readFile: ReadFile): Promise<string[]> {
  const path = environment["YOI_RUNTIMES_FILE"];
  if (path === undefined) return [];
  const found = await readNamedFile(path.trim(), readFile);
  return "text" in found ? variablesOfTokens(RuntimesFile.safeParse(parseJson(found.text)).data?.runtimes) : [];
}

function variablesIn({ values, runtimes }: ConfigFile): string[] {
  return [
    ...variablesReferenced(Array.from(values.values(), ({ value }) => value)),
    ...variablesOfTokens(runtimes?.value),
  ];
}

function variablesOfTokens(runtimes: unknown): string[] {
  const listed = z.array(z.unknown()).safeParse(runtimes).data ?? [];
  const tokens = listed.map((entry) => {
    const { token, token_env: env } = ListedToken.safeParse(entry).data ?? {};
    return token ?? { env };
  });
  return variablesReferenced(tokens);
}

function variablesReferenced(values: readonly unknown[]): string[] {
  return values.flatMap((value) => {
    const reference = Reference.safeParse(value);
    return reference.success && "env" in reference.data ? [reference.data.env] : [];
  });
}

function messageOf(error: { readonly issues: readonly { readonly message: string }[] }): string {
  return error.issues[0]?.message ?? "expected something else";
}
