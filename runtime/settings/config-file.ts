/**
 * The configuration file: JSON with comments and trailing commas, in groups of settings.
 *
 * Owns its form, where in it each value stands, and what is said of what does not belong there. Whether a value is right is
 * `read-settings.ts`'s matter. The list of Runtimes elsewhere is handed on as it stands.
 */
import type { Node } from "jsonc-parser";
import type { ReadFile } from "../settings.ts";
import { nearestName } from "./nearest-name.ts";
import { shownValue, type Problems } from "./problems.ts";
import { MISSING, readNamedFile } from "./reference.ts";
import type { SettingTable } from "./setting.ts";

/** The name that is looked for in the working folder. */
export const CONFIG_FILE_NAME = "yoi.config.jsonc";

/** The key of the list of Runtimes elsewhere. */
export const RUNTIMES_KEY = "runtimes";

/** Largest file, in UTF-16 code units. */
const CONFIG_FILE_MAX_CHARS = 256 * 1024;

/** A value of the file. */
export interface FileValue {
  readonly value: unknown;
  /** Where it stands, e.g. `yoi.config.jsonc:12`. */
  readonly place: string;
}

/** What stands in the file. */
export interface ConfigFile {
  readonly path: string;
  /** By its key, e.g. `server.port`. */
  readonly values: ReadonlyMap<string, FileValue>;
  /** The list of Runtimes elsewhere; null: there is none. */
  readonly runtimes: FileValue | null;
}

/** @param path Of the file; null: there is none. What is wrong is added to the problems. */
export async function readConfigFile(
  path: string | null,
  readFile: ReadFile,
  table: SettingTable,
  problems: Problems,
): Promise<ConfigFile | null> {
  if (path === null) return null;
  const found = await readNamedFile(path, readFile);
  if ("problem" in found) {
    // The path is no secret here: it is what the operator called the file.
    problems.add(`${path}: ${found.problem === MISSING ? "there is no such file" : "it can't be read"}`);
    return null;
  }
  if (found.text.length > CONFIG_FILE_MAX_CHARS) {
    problems.add(`${path}: expected at most ${CONFIG_FILE_MAX_CHARS} characters`);
    return null;
  }
  return parseConfigFile(path, found.text, table, problems);
}

async function parseConfigFile(
  path: string,
  text: string,
  table: SettingTable,
  problems: Problems,
): Promise<ConfigFile | null> {
  // Only where there is a file: nobody else's start waits for the parser.
  const { getNodeValue, parseTree } = await import("jsonc-parser");
  const lineOf = (offset: number): number => text.slice(0, offset).split("\n").length;
  const at = (offset: number): string => `${path}:${lineOf(offset)}`;
  const errors: { error: number; offset: number; length: number }[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
  const [error] = errors;
  if (error !== undefined || root?.type !== "object") {
    problems.add(
      `${at(error?.offset ?? 0)}: expected JSON, with comments and trailing commas at will: {"server": {…}, …}`,
    );
    return null;
  }

  const keys = Object.values(table).flatMap(({ key }) => key ?? []);
  const groups = new Set(keys.map((key) => key.slice(0, key.indexOf("."))));
  const values = new Map<string, FileValue>();
  let runtimes: FileValue | null = null;

  const seen = new Set<string>();
  const isNew = (name: string, node: Node): boolean => {
    if (!seen.has(name)) return !!seen.add(name);
    problems.add(`${at(node.offset)}: ${named(name)} stands there twice`);
    return false;
  };
  for (const { name, node, value } of propertiesOf(root)) {
    if (!isNew(name, node) || name === "$schema") continue;
    if (name === RUNTIMES_KEY) {
      runtimes = { value: getNodeValue(value), place: at(node.offset) };
    } else if (!groups.has(name)) {
      problems.add(`${at(node.offset)}: ${unknownGroup(name, [...groups, RUNTIMES_KEY], keys)}`);
    } else if (value.type !== "object") {
      problems.add(`${at(node.offset)}: ${name}: expected an object of settings, as in {${exampleOf(name, keys)}}`);
    } else {
      for (const { name: last, node: inner, value: given } of propertiesOf(value)) {
        const key = `${name}.${last}`;
        if (!isNew(key, inner)) continue;
        if (keys.includes(key)) values.set(key, { value: getNodeValue(given), place: at(inner.offset) });
        else problems.add(`${at(inner.offset)}: ${named(key)} is not a setting${meant(nearestKey(key, keys))}`);
      }
    }
  }
  return { path, values, runtimes };
}

interface Property {
  readonly name: string;
  readonly node: Node;
  readonly value: Node;
}

function propertiesOf(object: Node): Property[] {
  return (object.children ?? []).flatMap((node) => {
    const [name, value] = node.children ?? [];
    return name === undefined || value === undefined ? [] : [{ name: String(name.value), node, value }];
  });
}

/** A name that somebody wrote, in one short line: a plain one as it is, any other in quotes. */
function named(name: string): string {
  return /^[\w.$-]{1,80}$/.test(name) ? name : shownValue(name);
}

function unknownGroup(name: string, groups: readonly string[], keys: readonly string[]): string {
  const elsewhere = keys.find((key) => key.endsWith(`.${name}`)) ?? null;
  const known = `Known are ${groups.join(", ")}`;
  return `${named(name)} is not a group of settings${meant(elsewhere ?? nearestName(name, groups), `. ${known}`)}`;
}

/** The key that may be meant: in the same group by its letters, or in another by its last name. */
function nearestKey(wrong: string, keys: readonly string[]): string | null {
  const last = wrong.slice(wrong.indexOf("."));
  return nearestName(wrong, keys) ?? keys.find((key) => key.endsWith(last)) ?? null;
}

function exampleOf(group: string, keys: readonly string[]): string {
  const key = keys.find((name) => name.startsWith(`${group}.`)) ?? "";
  return `"${key.slice(group.length + 1)}": …`;
}

/** The end of a sentence on an unknown name. */
export function meant(name: string | null, otherwise = ""): string {
  return name === null ? otherwise : `; did you mean ${name}?`;
}
