/** The budget of the browser's JavaScript, against a build of the sources as they stand: exact, and never a stale one. */
import { build } from "vite";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { BuildManifest, BUDGET_GZIP_BYTES, firstLoadScripts, weigh } from "../bench/bundle-size.ts";

const files = new Map<string, Uint8Array>();

beforeAll(async () => {
  // The test runner's own environment would make it a build for development.
  vi.stubEnv("NODE_ENV", "production");
  const built = await build({ logLevel: "warn", build: { write: false } });
  if (!("output" in built)) throw new TypeError("Cannot weigh a build that watches");
  for (const file of built.output) {
    files.set(file.fileName, Buffer.from(file.type === "chunk" ? file.code : file.source));
  }
}, 60_000);

afterAll(() => {
  vi.unstubAllEnvs();
});

function firstLoad(): readonly Uint8Array[] {
  const manifest = BuildManifest.parse(JSON.parse(Buffer.from(files.get("manifest.json")!).toString()));
  return firstLoadScripts(manifest).map((path) => files.get(path)!);
}

test("first load is under the budget", () => {
  const scripts = firstLoad();
  expect(scripts.length).toBeGreaterThan(0);
  expect(weigh(scripts).gzipBytes).toBeLessThan(BUDGET_GZIP_BYTES);
});

test("first load has neither what of the contract only later parts use, nor a list of their files", () => {
  const code = firstLoad()
    .map((script) => Buffer.from(script).toString())
    .join("");
  expect(code).toContain("worker_runtime_registry");
  expect(code).not.toContain("scope_sub_delegated");
  expect(code).not.toContain("__vite__mapDeps");
});

test("firstLoadScripts() follows what an entry imports, but not what it may load later", () => {
  const manifest: BuildManifest = {
    "main.tsx": { file: "assets/main.js", isEntry: true, imports: ["_shared.js"], dynamicImports: ["later.tsx"] },
    "_shared.js": { file: "assets/shared.js", imports: ["main.tsx"] },
    "later.tsx": { file: "assets/later.js", imports: ["main.tsx"] },
    "main.css": { file: "assets/main.css", isEntry: true },
  };
  expect(firstLoadScripts(manifest)).toEqual(["assets/main.js", "assets/shared.js"]);
});
