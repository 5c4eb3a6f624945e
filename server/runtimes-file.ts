/**
 * The list of the Runtimes elsewhere, in the configuration file or in a file of its own.
 *
 * Owns its keys, their defaults and what is said of a wrong one. A token never stands in the list itself: it is named, as
 * a variable of the environment or as a file of its own.
 */
import * as z from "zod/mini";
import { ID_MAX_CHARS, ID_PATTERN } from "../protocol/id.ts";
import { DISPLAY_NAME_MAX_CHARS } from "../protocol/runtime-api.ts";
import { RuntimeEndpoint } from "../runtime/remote/endpoint.ts";
import type { Environment, ReadFile } from "../runtime/settings.ts";
import { RUNTIMES_KEY, type FileValue } from "../runtime/settings/config-file.ts";
import { hiddenBehind } from "../runtime/settings/print-settings.ts";
import { withoutCredentials, type Problems } from "../runtime/settings/problems.ts";
import { follow, Reference } from "../runtime/settings/reference.ts";

/** One Runtime elsewhere. Its address and its token are held where nobody can print them. */
export interface RemoteRuntimeConfig {
  readonly id: string;
  /** What the Runtime calls itself, or null where that is not to be checked. */
  readonly peerId: string | null;
  readonly displayName: string;
  readonly endpoint: RuntimeEndpoint;
  readonly requestTimeoutMs: number | null;
}

/** The id of the Runtime inside the workspace server; no other may have it. */
export const EMBEDDED_RUNTIME_NAME = "backend-internal";

/** Largest file, in UTF-16 code units. */
const RUNTIMES_FILE_MAX_CHARS = 256 * 1024;

const MAX_RUNTIMES = 64;
const HOUR_MS = 3_600_000;
const expectedId = `expected 1 to ${ID_MAX_CHARS} letters, digits, _, : and -`;
const expectedName = `expected 1 to ${DISPLAY_NAME_MAX_CHARS} characters`;
const expectedTimeout = `expected a whole number from 1 to ${HOUR_MS}`;
const expectedText = "expected a text that is not empty";
const expectedVariable = "expected the name of a variable that is no setting of the server";

const text = z.string(expectedText).check(z.trim(), z.minLength(1, expectedText), z.maxLength(4_096, expectedText));
const id = z.string(expectedId).check(z.regex(ID_PATTERN, expectedId), z.maxLength(ID_MAX_CHARS, expectedId));
const variable = text.check(z.regex(/^(?!YOI_(?!RUNTIME_))[A-Za-z_][A-Za-z0-9_]*$/, expectedVariable));

const keys = {
  id,
  display_name: z.optional(
    z
      .string(expectedName)
      .check(z.trim(), z.minLength(1, expectedName), z.maxLength(DISPLAY_NAME_MAX_CHARS, expectedName)),
  ),
  base_url: text,
  token: z.optional(Reference),
  token_env: z.optional(variable),
  token_file: z.optional(text),
  timeout_ms: z.optional(
    z.number(expectedTimeout).check(z.int(expectedTimeout), z.gte(1, expectedTimeout), z.lte(HOUR_MS, expectedTimeout)),
  ),
  peer_id: z.optional(z.nullable(z.string(expectedText).check(z.minLength(1, expectedText), z.maxLength(256)))),
};

/** What each key means, for whoever writes one. */
export const RUNTIME_KEYS: Readonly<Record<keyof typeof keys, string>> = {
  id: "The Runtime's id here, in addresses and lists: letters, digits, `_`, `:` and `-`, each id once.",
  display_name: "Its name for people, unless it has one of its own; the id by default.",
  base_url:
    "Where its REST API is, `http://` or `https://`, with a path if it stands behind one. No user, no password. This " +
    "address alone is ever contacted; redirects are not followed. Browsers never learn it.",
  token: 'Where its token is: `{"env": "NAME"}` or `{"file": "/path"}`. Leave it out where it has none.',
  token_env: 'Another way to write `{"env": …}`.',
  token_file: 'Another way to write `{"file": …}`.',
  timeout_ms: "How long one request may take in all, in milliseconds; ten seconds by default.",
  peer_id:
    "What the Runtime calls itself, where that is not `id`. Whoever answers under another id is not believed, so that " +
    "a message never goes to a Worker of the same id in another Runtime. `null` turns the check off.",
};

const Entry = z.strictObject(keys, {
  error: (issue) =>
    issue.code === "unrecognized_keys"
      ? `${issue.keys.join(", ")} is not a key; known are ${Object.keys(keys).join(", ")}`
      : "expected an object",
});
type Entry = z.infer<typeof Entry>;

const expectedList = `expected a list of at most ${MAX_RUNTIMES} Runtimes`;

/** The Runtimes elsewhere, as they are listed. */
export const RuntimeList = z.array(Entry, expectedList).check(z.maxLength(MAX_RUNTIMES, expectedList));

const File = z.strictObject(
  { runtimes: RuntimeList },
  {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `${issue.keys.join(", ")} is not a key; known is ${RUNTIMES_KEY}`
        : 'expected {"runtimes": […]}',
  },
);

/** Where tokens are looked up. */
export interface TokenSources {
  readonly environment: Environment;
  readonly readFile: ReadFile;
}

/** The Runtimes of a list. */
export interface RuntimesFound {
  readonly configs: readonly RemoteRuntimeConfig[];
  /** As they stand in the list; a token is a reference there. */
  readonly written: readonly Entry[];
  /** The variables that hold tokens. */
  readonly referenced: readonly string[];
  /** Where the list stands, e.g. `yoi.config.jsonc:12`. */
  readonly source: string;
}

/** Reads the Runtimes of a file of their own. What is wrong is added to the problems. */
export async function parseRuntimesFile(
  content: string,
  sources: TokenSources,
  problems: Problems,
): Promise<RuntimesFound> {
  const name = "YOI_RUNTIMES_FILE";
  let json: unknown;
  try {
    if (content.length > RUNTIMES_FILE_MAX_CHARS) throw new RangeError("too long");
    json = JSON.parse(content);
  } catch {
    problems.add(`${name}: expected JSON of at most ${RUNTIMES_FILE_MAX_CHARS} characters`);
    return NO_RUNTIMES;
  }
  const parsed = File.safeParse(json);
  if (parsed.success) return read(parsed.data.runtimes, name, sources, problems);
  addIssues(parsed.error, name, [], problems);
  return NO_RUNTIMES;
}

/** Reads the Runtimes that the configuration file lists. What is wrong is added to the problems. */
export async function parseRuntimes(
  { value, place }: FileValue,
  sources: TokenSources,
  problems: Problems,
): Promise<RuntimesFound> {
  const parsed = RuntimeList.safeParse(value);
  if (parsed.success) return read(parsed.data, place, sources, problems);
  addIssues(parsed.error, place, [RUNTIMES_KEY], problems);
  return NO_RUNTIMES;
}

/** Where there are none. */
export const NO_RUNTIMES: RuntimesFound = { configs: [], written: [], referenced: [], source: "default" };

function addIssues(error: z.core.$ZodError, place: string, above: readonly string[], problems: Problems): void {
  for (const { path, message } of error.issues) {
    const key = [...above, ...path].join(".");
    problems.add(key === "" ? `${place}: ${message}` : `${place}: ${key}: ${message}`);
  }
}

async function read(
  written: readonly Entry[],
  place: string,
  sources: TokenSources,
  problems: Problems,
): Promise<RuntimesFound> {
  const seen = new Set<string>();
  const configs: RemoteRuntimeConfig[] = [];
  for (const [index, entry] of written.entries()) {
    const refuse = (key: string, message: string): null => {
      problems.add(`${place}: ${RUNTIMES_KEY}.${index}${key}: ${message}`);
      return null;
    };
    if (entry.id === EMBEDDED_RUNTIME_NAME) {
      refuse(".id", `"${EMBEDDED_RUNTIME_NAME}" is the Runtime inside the server; choose another`);
    } else if (seen.has(entry.id)) {
      refuse(".id", `"${entry.id}" stands there twice; choose another`);
    }
    seen.add(entry.id);
    const config = await configOf(entry, refuse, sources);
    if (config !== null) configs.push(config);
  }
  return { configs, written, referenced: written.flatMap((entry) => variableOf(entry) ?? []), source: place };
}

/** Says what is wrong with a key of an entry, e.g. `.base_url`, and gives null. */
type Refuse = (key: string, message: string) => null;

async function configOf(entry: Entry, refuse: Refuse, sources: TokenSources): Promise<RemoteRuntimeConfig | null> {
  const token = await tokenOf(entry, refuse, sources);
  try {
    return {
      id: entry.id,
      peerId: entry.peer_id === undefined ? entry.id : entry.peer_id,
      displayName: entry.display_name ?? entry.id,
      endpoint: new RuntimeEndpoint(entry.base_url, token),
      requestTimeoutMs: entry.timeout_ms ?? null,
    };
  } catch (error) {
    return refuse(".base_url", error instanceof TypeError ? error.message.replace(/^.*: /, "") : "expected a URL");
  }
}

const TOKEN_PATTERN = /^[\u0021-\u007e]{1,4096}$/;
const expectedToken = "expected 1 to 4096 visible ASCII characters in it";

/** Where an entry's token is, by whichever of its three keys, and that key. */
function referenceOf(entry: Entry): (readonly [key: string, reference: Reference])[] {
  const { token, token_env: env, token_file: file } = entry;
  return [
    ...(token === undefined ? [] : [[".token", token] as const]),
    ...(env === undefined ? [] : [[".token_env", { env }] as const]),
    ...(file === undefined ? [] : [[".token_file", { file }] as const]),
  ];
}

/** An entry as it is shown: with where its token is, and never the token. */
export function shownRuntime(entry: Entry): Readonly<Record<string, unknown>> {
  const { token: _token, token_env: _variable, token_file: _file, base_url, ...rest } = entry;
  const [[, reference] = []] = referenceOf(entry);
  const shown = { ...rest, base_url: withoutCredentials(base_url) };
  return reference === undefined ? shown : { ...shown, token: hiddenBehind(reference) };
}

function variableOf(entry: Entry): string | null {
  const [[, reference] = []] = referenceOf(entry);
  return reference !== undefined && "env" in reference ? reference.env : null;
}

async function tokenOf(entry: Entry, refuse: Refuse, sources: TokenSources): Promise<string | null> {
  const [named, ...more] = referenceOf(entry);
  if (named === undefined) return null;
  if (more.length > 0) return refuse("", "expected one of token, token_env and token_file");
  const [key, reference] = named;
  const found = await follow(reference, sources.environment, sources.readFile);
  if ("problem" in found) return refuse(key, found.problem);
  return TOKEN_PATTERN.test(found.text) ? found.text : refuse(key, expectedToken);
}
