/**
 * The gate: format, lint, types for every engine, unused code. Runs all of them, shows what failed, and ends non-zero
 * when one did. `--fix` formats and repairs what the linter can instead.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { commandFor, root } from "./engines.mjs";

const bin = (path) => commandFor("any", [`node_modules/${path}`]);
const folders = ["protocol", "client", "prompts", "runtime", "server", "routes", "islands", "tests/contract"];
const denoSources = folders.filter((folder) => existsSync(root + folder));

const checks = {
  format: [...bin("oxfmt/bin/oxfmt"), "--check"],
  lint: [...bin("oxlint/bin/oxlint"), "--deny-warnings"],
  types: [...bin("typescript/bin/tsc"), "-p", "tsconfig.json"],
  "types in a browser": [...bin("typescript/bin/tsc"), "-p", "tsconfig.dom.json"],
  "types on Deno": [...commandFor("deno", ["check"]).filter((word) => word !== "run" && word !== "-A"), ...denoSources],
  unused: [...bin("knip/bin/knip.js"), "--no-progress"],
};
const fixes = {
  format: [...bin("oxfmt/bin/oxfmt")],
  lint: [...bin("oxlint/bin/oxlint"), "--fix"],
};

const chosen = process.argv.includes("--fix") ? fixes : checks;
// The fixes write the same files: one after another. The checks only read: together.
const results = [];
for (const [name, command] of Object.entries(chosen)) {
  const result = runQuietly(name, command);
  results.push(chosen === fixes ? await result : result);
}

for (const { name, code, output, seconds } of await Promise.all(results)) {
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (code !== 0) {
    console.log(output.trimEnd());
    process.exitCode = 1;
  }
}

function runQuietly(name, [program, ...args]) {
  const start = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const end = (code) => resolve({ name, code, output, seconds: ((performance.now() - start) / 1000).toFixed(1) });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", (error) => ((output += error.message), end(1)));
    child.on("close", end);
  });
}
