/**
 * A pinned Bun for a machine without one: `npm run bun -- dist/server/node.js`. It is fetched by npm when it is first asked
 * for, beside the packages and not among them, since only some tests need it, and kept if it is exactly what was pinned.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { become, root, run } from "./engines.mjs";
import { npmCommand, npmEnvironment } from "./install.mjs";

const version = "1.4.5";

/** Bun's own packages, each with what the registry says of its content. */
const integrities = {
  "linux-x64": "sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==",
  "linux-aarch64": "sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==",
  "darwin-x64": "sha512-qkLPMGHZM9NI6CeHTWwVezzmlo6cC4Ta7yUAjYIWXS366qQcOlcp75t2uZyiuVRBMPS0h9qE0tCcvCHGaFqjJg==",
  "darwin-aarch64": "sha512-4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ==",
  "windows-x64": "sha512-FNvply651vcE/GHgNWz6mZvhmkwBuu8Hw54oNzA+CQog+HW+542rXQmZqNHRkFxazD9L3xi+iTtvO3engAgJfw==",
};

const platform = `${process.platform.replace("win32", "windows")}-${process.arch.replace("arm64", "aarch64")}`;
const folder = `${root}node_modules/.bun-${version}`;
const program = `${folder}/node_modules/@oven/bun-${platform}/bin/bun${process.platform === "win32" ? ".exe" : ""}`;

/** The pinned Bun. @returns {Promise<string>} its path */
export async function ensureBun() {
  if (existsSync(program)) return program;
  const integrity = integrities[platform];
  if (integrity === undefined) throw new Error(`Cannot get Bun: none is pinned for ${platform}`);
  const name = `@oven/bun-${platform}`;
  const fresh = `${folder}-${process.pid}`;
  try {
    mkdirSync(fresh, { recursive: true });
    writeFileSync(`${fresh}/package.json`, JSON.stringify({ private: true }));
    const options = ["--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error", "--save-exact"];
    const code = await run([...npmCommand(), "install", ...options, `${name}@${version}`], {
      cwd: fresh,
      env: npmEnvironment,
      shell: process.platform === "win32",
    });
    if (code !== 0) throw new Error(`Cannot get Bun: npm install ended with code ${code}`);
    const { packages } = JSON.parse(readFileSync(`${fresh}/package-lock.json`, "utf8"));
    const found = packages[`node_modules/${name}`]?.integrity;
    if (found !== integrity) throw new Error(`Cannot use this Bun: it is ${found}, and not what was pinned`);
    if (!existsSync(program)) renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  const said = spawnSync(program, ["--version"], { encoding: "utf8" }).stdout?.trim();
  if (said !== version) throw new Error(`Cannot use this Bun: it says that it is ${said}`);
  return program;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await become([await ensureBun(), ...process.argv.slice(2)]);
}
