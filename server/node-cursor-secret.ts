/**
 * The secret that seals cursors, kept beside the store where none is configured.
 *
 * Owns its file: made once, whole or not at all, for its owner's eyes only. With it, cursors from before a restart go on.
 */
import { mkdir, open, readFile, link, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { randomHex, type Random } from "../runtime/clock.ts";
import { Secret } from "../runtime/secret.ts";
import { ConfigError } from "../runtime/settings.ts";
import type { Config } from "./config.ts";
import { FILE_MODE, FOLDER_MODE, syncFolder } from "./node-kept-file.ts";

const NAME = "cursor-secret";
const SECRET_BYTES = 32;

const SecretText = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/**
 * The configuration with a secret that outlives the process, where the store does too.
 *
 * @throws ConfigError where the file can't be made or read, or holds something else
 */
export async function withKeptSecret(config: Config, random: Random): Promise<Config> {
  if (config.cursorSecret !== null || config.store.kind === "memory") return config;
  const path = join(config.store.dataDir, NAME);
  const text = (await read(path)) ?? (await make(config.store.dataDir, path, random));
  return { ...config, cursorSecret: new Secret(text) };
}

/**
 * The secret that is kept for a configuration; null where there is none yet, or none is needed. It makes none.
 *
 * @throws ConfigError where the file can't be read, or holds something else
 */
export async function readKeptSecret({ cursorSecret, store }: Config): Promise<string | null> {
  return cursorSecret !== null || store.kind === "memory" ? null : read(join(store.dataDir, NAME));
}

async function read(path: string): Promise<string | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return null;
    throw new ConfigError(`Cannot start: ${path} can't be read.`, { cause });
  }
  const secret = SecretText.safeParse(text.trim());
  if (secret.success) return secret.data;
  throw new ConfigError(
    `Cannot start: ${path} does not hold a secret. Put the one from a backup in its place, or remove it: then a new one ` +
      "is made, and viewers begin with a snapshot.",
  );
}

async function make(folder: string, path: string, random: Random): Promise<string> {
  const secret = randomHex(random, SECRET_BYTES);
  const part = `${path}.${randomHex(random, 4)}`;
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    const file = await open(part, "wx", FILE_MODE);
    try {
      await file.writeFile(`${secret}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await giveName(part, path);
    await syncFolder(folder);
    return secret;
  } catch (cause) {
    const made = codeOf(cause) === "EEXIST" ? await read(path) : null;
    if (made !== null) return made;
    throw new ConfigError(`Cannot start: ${folder} can't be written to.`, { cause });
  } finally {
    await rm(part, { force: true }).catch(() => {});
  }
}

/** A name is given once: whoever comes second takes what the first has made. @throws what the disk throws */
async function giveName(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw error;
    // Not every file system has links. Of two at the same moment only one gets the store, and the other's secret may
    // stay: then viewers begin with a snapshot after the next start.
    await rename(part, path);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
