/** A small file beside the store, and when it is on the disk. */
import type * as Files from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { systemRandom } from "../../runtime/clock.ts";
import { readSettingText } from "../../runtime/node-setting-files.ts";
import { readConfig } from "../../server/config.ts";
import { withKeptSecret } from "../../server/node-cursor-secret.ts";
import { keptFile } from "../../server/node-kept-file.ts";
import { StoreFolder } from "../support/store-folder.ts";

const steps = vi.hoisted((): string[] => []);

vi.mock("node:fs/promises", async (importOriginal) => {
  const files = await importOriginal<typeof Files>();
  return {
    ...files,
    async open(...args: Parameters<typeof files.open>) {
      const file = await files.open(...args);
      const sync = file.sync.bind(file);
      file.sync = () => {
        steps.push(`sync ${String(args[0])}`);
        return sync();
      };
      return file;
    },
    link(from: string, to: string) {
      steps.push(`name ${to}`);
      return files.link(from, to);
    },
    rename(from: string, to: string) {
      steps.push(`name ${to}`);
      return files.rename(from, to);
    },
  };
});

beforeEach(() => void steps.splice(0));

test("keptFile().write() is over when the text and the file's name are on the disk", async () => {
  using folder = new StoreFolder();
  const path = join(folder.folder, "kept.json");
  const file = keptFile(folder.folder, "kept.json");
  await file.write("{}");
  expect(steps).toEqual([`sync ${path}.new`, `name ${path}`, `sync ${folder.folder}`]);
  expect(await file.read()).toBe("{}");
});

test("withKeptSecret() gives a secret that it has made when the file's name is on the disk", async () => {
  using folder = new StoreFolder();
  const path = join(folder.folder, "cursor-secret");
  await withKeptSecret(await readConfig({ YOI_DATA_DIR: folder.folder }, readSettingText), systemRandom);
  expect(steps.slice(1)).toEqual([`name ${path}`, `sync ${folder.folder}`]);
});
