/**
 * The files that settings stand in, on a disk.
 *
 * Owns that a file is read up to a bound, and where the configuration file is looked for. Deno has these modules too.
 */
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { CONFIG_FILE_NAME } from "./settings/config-file.ts";
import type { Environment } from "./settings.ts";

/** More than any file of a setting may hold, so that its own bound is what is told. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Reads a text file of a bounded size. */
export async function readSettingText(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const bytes = new Uint8Array(MAX_BYTES);
    let length = 0;
    while (length < MAX_BYTES) {
      const { bytesRead } = await file.read(bytes, length, MAX_BYTES - length, null);
      if (bytesRead === 0) return new TextDecoder().decode(bytes.subarray(0, length));
      length += bytesRead;
    }
    throw Object.assign(new Error(`Cannot read ${path}: it is longer than ${MAX_BYTES} bytes`), { code: "EFBIG" });
  } finally {
    await file.close();
  }
}

/** The configuration file: the one that the command line names, or else the one in the working folder where it is. */
export function configFileOf(named: string | null, environment: Environment): string | null {
  if (named !== null) return named;
  return !environment["YOI_CONFIG"] && existsSync(CONFIG_FILE_NAME) ? CONFIG_FILE_NAME : null;
}
