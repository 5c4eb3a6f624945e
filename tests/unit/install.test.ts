/** How `scripts/install.mjs` asks npm, beside a copy of it. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { expect, test } from "vitest";
import { StoreFolder } from "../support/store-folder.ts";

/** Does as npm does where NODE_ENV is "production": what is for development comes only where it is asked for. */
const NPM = `#!/bin/sh
case " $* " in
*" --include=dev "*) mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json ;;
esac
`;

// Windows runs no such file.
test.skipIf(process.platform === "win32")("ensureInstalled() installs what builds where NODE_ENV is production", () => {
  using folder = new StoreFolder();
  const at = (path: string) => join(folder.folder, path);
  for (const path of ["scripts", "bin"]) mkdirSync(at(path));
  for (const name of ["install", "engines", "one-at-a-time"]) cpSync(`scripts/${name}.mjs`, at(`scripts/${name}.mjs`));
  const packages = { "": {}, "node_modules/vite": { version: "1.0.0", dev: true } };
  writeFileSync(at("package-lock.json"), JSON.stringify({ packages }));
  writeFileSync(at("bin/npm"), NPM, { mode: 0o755 });
  const program = 'import { ensureInstalled } from "./scripts/install.mjs"; await ensureInstalled();';
  const words = ["--input-type=module", "--eval", program];
  const env = { ...process.env, NODE_ENV: "production", PATH: `${at("bin")}${delimiter}${process.env["PATH"]}` };
  const said = execFileSync(process.execPath, words, { cwd: folder.folder, encoding: "utf8", env });
  expect(said).toBe("Installing packages from the lock …\n");
});
