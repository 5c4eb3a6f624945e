/**
 * What a server has loaded when its first page is out, without any clock: the built files that its engine has run, by
 * Node's own account. Whoever has a start load more meets the budget here, and not a slower start in a year.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as z from "zod/mini";
import { nodeProgram, ServerProcess } from "../support/server-process.ts";
import { allowProcesses } from "../support/served-workspace.ts";

allowProcesses();

/** Of JavaScript, as it is built and with the comments in it. */
const BUDGET_BYTES = 1_150_000;
/** The entry and the parts that a start needs; the store's thread too, which may have started before the server ends. */
const BUDGET_FILES = 20;

/** None of them is needed before somebody opens a socket, reads an answer, asks a provider or looks at the reference. */
const LATER =
  /\/node_modules\/(?:ws|marked|remend|temml|highlight\.js|openai|msw|zod\/v4\/locales\/(?!en\.))|\/runtime\/remote\/remote\.ts|\/protocol\/(?:openapi|asyncapi)\.ts|\/server\/doctor\//;

const Coverage = z.looseObject({ result: z.array(z.looseObject({ url: z.string() })) });
const SourceMap = z.looseObject({ sources: z.array(z.string()) });

test("a server has loaded what its first page needs when that is out, and no more", async () => {
  const files = await filesOfFirstPage();
  const names = files.map((path) => relative("dist/server", path));
  expect(names).toContain("node.js");
  const modules = files.flatMap(modulesIn);
  expect(modules).toEqual(expect.arrayContaining([resolve("server/app.ts"), resolve("runtime/store/sqlite-file.ts")]));
  expect(modules.filter((path) => LATER.test(path))).toEqual([]);
  expect(files.length).toBeLessThanOrEqual(BUDGET_FILES);
  expect(files.reduce((sum, path) => sum + statSync(path).size, 0)).toBeLessThan(BUDGET_BYTES);
});

/** The built files that a server has run, from its start to its first page. */
async function filesOfFirstPage(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), "yoi-start-load-"));
  try {
    {
      const environment = { NODE_V8_COVERAGE: folder };
      await using server = await ServerProcess.start({ engine: "node", program: nodeProgram, environment });
      const page = await fetch(server.url);
      await page.arrayBuffer();
      expect(page.status).toBe(200);
      await server.kill();
    }
    const urls = readdirSync(folder).flatMap((name) => {
      const { result } = Coverage.parse(JSON.parse(readFileSync(join(folder, name), "utf8")));
      return result.map(({ url }) => url).filter((url) => url.startsWith("file:"));
    });
    return [...new Set(urls.map((url) => fileURLToPath(url)))].filter((path) => existsSync(path)).toSorted();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The modules that a built file was made of. */
function modulesIn(path: string): readonly string[] {
  // A file that only names what others have has none.
  if (!existsSync(`${path}.map`)) return [];
  const { sources } = SourceMap.parse(JSON.parse(readFileSync(`${path}.map`, "utf8")));
  return sources.map((source) => resolve("dist/server", source));
}
