/**
 * The file that names the Runtimes elsewhere.
 *
 * Owns its keys, their defaults and what is said of a wrong one. A token never stands in the file itself: it is named, as
 * a variable of the environment or as a file of its own.
 */
import * as z from "zod/mini";
import { ID_MAX_CHARS } from "../protocol/id.ts";
import { DISPLAY_NAME_MAX_CHARS } from "../protocol/runtime-api.ts";
import { RuntimeEndpoint } from "../runtime/remote/endpoint.ts";
import { ConfigError, type Environment, type ReadFile } from "../runtime/settings.ts";

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
export const RUNTIMES_FILE_MAX_CHARS = 256 * 1024;

const MAX_RUNTIMES = 64;
const HOUR_MS = 3_600_000;
const expectedId = `expected 1 to ${ID_MAX_CHARS} letters, digits, _, : and -`;
const expectedName = `expected 1 to ${DISPLAY_NAME_MAX_CHARS} characters`;
const expectedTimeout = `expected a whole number from 1 to ${HOUR_MS}`;
const expectedVariable = "expected the name of a variable that is no setting of the server";
const expectedText = "expected a text that is not empty";

const text = z.string(expectedText).check(z.trim(), z.minLength(1, expectedText), z.maxLength(4_096, expectedText));
const id = z.string(expectedId).check(z.regex(/^[A-Za-z0-9_:-]+$/, expectedId), z.maxLength(ID_MAX_CHARS, expectedId));

const KNOWN_KEYS = "id, display_name, base_url, token_env, token_file, timeout_ms, peer_id";

const Entry = z.strictObject(
  {
    id,
    display_name: z.optional(
      z
        .string(expectedName)
        .check(z.trim(), z.minLength(1, expectedName), z.maxLength(DISPLAY_NAME_MAX_CHARS, expectedName)),
    ),
    base_url: text,
    token_env: z.optional(text.check(z.regex(/^(?!YOI_(?!RUNTIME_))[A-Za-z_][A-Za-z0-9_]*$/, expectedVariable))),
    token_file: z.optional(text),
    timeout_ms: z.optional(
      z
        .number(expectedTimeout)
        .check(z.int(expectedTimeout), z.gte(1, expectedTimeout), z.lte(HOUR_MS, expectedTimeout)),
    ),
    peer_id: z.optional(z.nullable(z.string(expectedText).check(z.minLength(1, expectedText), z.maxLength(256)))),
  },
  {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `${issue.keys.join(", ")} is not a key; known are ${KNOWN_KEYS}`
        : "expected an object",
  },
);
type Entry = z.infer<typeof Entry>;

const expectedList = `expected a list of at most ${MAX_RUNTIMES} Runtimes`;
const File = z.strictObject(
  { runtimes: z.array(Entry, expectedList).check(z.maxLength(MAX_RUNTIMES, expectedList)) },
  {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `${issue.keys.join(", ")} is not a key; known is runtimes`
        : 'expected {"runtimes": […]}',
  },
);

/** Where tokens are looked up. */
export interface TokenSources {
  readonly environment: Environment;
  readonly readFile: ReadFile;
}

/**
 * Reads the Runtimes of a file.
 *
 * @throws ConfigError that names the key and never a value that may be secret, e.g. `runtimes.0.base_url: expected …`
 */
export async function parseRuntimesFile(content: string, sources: TokenSources): Promise<RemoteRuntimeConfig[]> {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    throw wrong("expected JSON");
  }
  const parsed = File.safeParse(json);
  if (!parsed.success) {
    const issues = parsed.error.issues.slice(0, 4);
    throw wrong(issues.map(({ path, message }) => at(path.join("."), message)).join("; "));
  }
  const seen = new Set<string>([EMBEDDED_RUNTIME_NAME]);
  const configs: RemoteRuntimeConfig[] = [];
  for (const [index, entry] of parsed.data.runtimes.entries()) {
    const key = `runtimes.${index}`;
    if (entry.id === EMBEDDED_RUNTIME_NAME) {
      throw wrong(`${key}.id: "${EMBEDDED_RUNTIME_NAME}" is the Runtime inside the server; choose another`);
    }
    if (seen.has(entry.id)) throw wrong(`${key}.id: "${entry.id}" stands there twice; choose another`);
    seen.add(entry.id);
    configs.push(await configOf(entry, key, sources));
  }
  return configs;
}

async function configOf(entry: Entry, key: string, sources: TokenSources): Promise<RemoteRuntimeConfig> {
  const token = await tokenOf(entry, key, sources);
  let endpoint: RuntimeEndpoint;
  try {
    endpoint = new RuntimeEndpoint(entry.base_url, token);
  } catch (error) {
    const expected = error instanceof TypeError ? error.message.replace(/^.*: /, "") : "expected a URL";
    throw wrong(`${key}.base_url: ${expected}`);
  }
  return {
    id: entry.id,
    peerId: entry.peer_id === undefined ? entry.id : entry.peer_id,
    displayName: entry.display_name ?? entry.id,
    endpoint,
    requestTimeoutMs: entry.timeout_ms ?? null,
  };
}

const TOKEN_PATTERN = /^[\u0021-\u007e]{1,4096}$/;
const expectedToken = "expected 1 to 4096 visible ASCII characters in it";

async function tokenOf(entry: Entry, key: string, { environment, readFile }: TokenSources): Promise<string | null> {
  const { token_env: name, token_file: path } = entry;
  if (name !== undefined && path !== undefined) {
    throw wrong(`${key}: expected token_env or token_file, not both`);
  }
  if (name !== undefined) {
    const token = environment[name] ?? "";
    if (TOKEN_PATTERN.test(token)) return token;
    throw wrong(`${key}.token_env: the environment has no such variable, or ${expectedToken}`);
  }
  if (path === undefined) return null;
  let content: string;
  try {
    content = await readFile(path);
  } catch {
    throw wrong(`${key}.token_file: it names a file that can't be read`);
  }
  const token = content.trim();
  if (TOKEN_PATTERN.test(token)) return token;
  throw wrong(`${key}.token_file: ${expectedToken}`);
}

const wrong = (message: string) => new ConfigError(`Cannot start: YOI_RUNTIMES_FILE: ${message}.`);

function at(path: string, message: string): string {
  return path === "" ? message : `${path}: ${message}`;
}
