/** Which Node `scripts/engines.mjs` finds, beside a copy of it. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { StoreFolder } from "../support/store-folder.ts";

test.skipIf(process.platform !== "linux")("findNode() takes the own Node only where the system can load it", () => {
  using folder = new StoreFolder();
  const root = realpathSync(folder.folder);
  const own = join(root, `node_modules/node-linux-${process.arch}/bin/node`);
  for (const path of [join(root, "scripts"), dirname(own)]) mkdirSync(path, { recursive: true });
  cpSync("scripts/engines.mjs", join(root, "scripts/engines.mjs"));
  writeFileSync(own, "");
  const program = 'import { findNode } from "./scripts/engines.mjs"; console.log(findNode("/"), findNode("/nowhere"));';
  const words = ["--input-type=module", "--eval", program];
  const said = execFileSync(process.execPath, words, { cwd: root, encoding: "utf8" });
  expect(said).toBe(`${own} ${process.execPath}\n`);
});
