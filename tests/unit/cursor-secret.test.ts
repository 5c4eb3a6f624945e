/** The cursor secret in a data folder on a file system without links, as exFAT is. */
import { readdirSync, readFileSync } from "node:fs";
import type * as Files from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { systemRandom } from "../../runtime/clock.ts";
import { readSettingText } from "../../runtime/node-setting-files.ts";
import { readConfig } from "../../server/config.ts";
import { withKeptSecret } from "../../server/node-cursor-secret.ts";
import { StoreFolder } from "../support/store-folder.ts";

vi.mock("node:fs/promises", async (importOriginal) => ({
  ...(await importOriginal<typeof Files>()),
  link: () => Promise.reject(Object.assign(new Error("operation not permitted, link"), { code: "EPERM" })),
}));

test("withKeptSecret() makes a secret once where the file system has no links", async () => {
  using folder = new StoreFolder();
  const config = await readConfig({ YOI_DATA_DIR: folder.folder }, readSettingText);
  const made = (await withKeptSecret(config, systemRandom)).cursorSecret?.reveal();
  expect(made).toMatch(/^[0-9a-f]{64}$/);
  expect((await withKeptSecret(config, systemRandom)).cursorSecret?.reveal()).toBe(made);
  expect(readFileSync(join(folder.folder, "cursor-secret"), "utf8")).toBe(`${made}\n`);
  expect(readdirSync(folder.folder)).toEqual(["cursor-secret"]);
});
