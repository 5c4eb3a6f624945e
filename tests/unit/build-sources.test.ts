/** What `scripts/build.mjs` takes for sources, beside a copy of it. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { StoreFolder } from "../support/store-folder.ts";

test("isBuilt() answers while an editor has a source open and has left its lock, a link to nowhere", () => {
  using folder = new StoreFolder();
  const at = (path: string) => join(folder.folder, path);
  for (const path of ["scripts", "dist", "server"]) mkdirSync(at(path));
  for (const name of ["build", "engines", "one-at-a-time"]) cpSync(`scripts/${name}.mjs`, at(`scripts/${name}.mjs`));
  writeFileSync(at("dist/sources.sha256"), "of other sources");
  writeFileSync(at("server/node.ts"), "");
  symlinkSync("someone@somewhere.1234:1782700000", at("server/.#node.ts"));
  const program = 'import { isBuilt } from "./scripts/build.mjs"; console.log(isBuilt());';
  const words = ["--input-type=module", "--eval", program];
  expect(execFileSync(process.execPath, words, { cwd: folder.folder, encoding: "utf8" })).toBe("false\n");
});
