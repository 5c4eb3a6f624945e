/**
 * The documents against the code: whatever figure, name or path they state is read here.
 */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { PROBLEM_CODES, problemRow } from "../../protocol/problem.ts";
import { companionRoutes } from "../../routes/companion.ts";
import { conversationRoutes } from "../../routes/conversations.ts";
import { demoRoutes } from "../../routes/demo.ts";
import { healthRoutes } from "../../routes/health.ts";
import { metricsRoutes } from "../../routes/metrics.ts";
import { descriptionRoutes } from "../../routes/openapi.ts";
import { runtimeRoutes } from "../../routes/runtimes.ts";
import { viewerRulesRoutes } from "../../routes/viewer-rules.ts";
import { workerRoutes } from "../../routes/workers.ts";
import type { ViewerPolicies } from "../../server/access/viewer-policies.ts";
import { demoCommandHelp } from "../../runtime/model/demo/commands.ts";
import type { Backend } from "../../server/backend.ts";
import { readConfig, SETTING_NAMES } from "../../server/config.ts";
import { createDemoFaults } from "../../server/demo-faults.ts";

const documents = [...globSync("*.md"), ...globSync("docs/**/*.md")];
const textOf = (path: string) => readFileSync(path, "utf8");

/** The rows of the tables of a document, each as its cells, without heads and rules. */
function rowsOf(path: string): string[][] {
  return textOf(path)
    .split("\n")
    .filter((line) => line.startsWith("| `") || /^\| (GET|POST|PUT|PATCH) /.test(line))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll("`", "")),
    );
}

/** The rows of a table of settings: the names in the environment, and all cells. */
function settingRowsOf(path: string) {
  const lines = textOf(path).split("\n");
  return lines.flatMap((line) => {
    const cells = line.split("|").slice(1, -1);
    const names = [...(cells[1] ?? "").matchAll(/`((?:YOI|OPENAI)_[A-Z_]+)`/g)].map(([, name]) => name!);
    return names.length === 0 ? [] : [{ names, cells: cells.map((cell) => cell.trim().replaceAll("`", "")) }];
  });
}

const noFiles = () => Promise.reject(new Error("no file is read here"));

describe("docs/configuration.md", () => {
  const rows = settingRowsOf("docs/configuration.md");

  test("names every setting and no other", () => {
    expect(rows.flatMap(({ names }) => names).toSorted()).toEqual(SETTING_NAMES.toSorted());
  });

  test.each(rows.filter(({ cells }) => cells[2] !== ""))("states the default of $names", async ({ names, cells }) => {
    expect(await readConfig({ [names[0]!]: cells[2] }, noFiles)).toEqual(await readConfig({}, noFiles));
  });
});

describe("docs/api.md", () => {
  const rows = rowsOf("docs/api.md");

  test("lists every route and no other", () => {
    const backend = {} as Backend; // why: routes are only listed, never called
    const app = new Hono()
      .route("/", runtimeRoutes(backend))
      .route("/", workerRoutes(backend, { maxRecords: 1 }))
      .route("/", conversationRoutes(backend))
      .route("/", companionRoutes(backend, { maxRecords: 1 }))
      .route("/", viewerRulesRoutes({} as ViewerPolicies)) // why: as above
      .route("/", healthRoutes(backend))
      .route("/", metricsRoutes({ render: () => "", contentType: "" }, backend))
      .route("/", descriptionRoutes({ assets: { styles: [] }, workspaceName: "", baseOf: () => "/" }))
      .route("/", demoRoutes(createDemoFaults(async () => {})));
    const socket = "GET /api/runtimes/:runtime_id/workers/:worker_id/events/ws";
    const stream = "GET /api/runtimes/:runtime_id/workers/:worker_id/events";
    const known = [...app.routes.map(({ method, path }) => `${method} ${path}`), socket, stream];
    const listed = rows
      .filter(([method]) => /^(GET|POST|PUT|PATCH)$/.test(method!))
      .map(([method, path]) => `${method} ${path}`);
    expect(listed.toSorted()).toEqual(known.toSorted());
  });

  test("lists every problem code with its status", () => {
    const listed = rows.filter(([code]) => !/^(GET|POST|PUT|PATCH)$/.test(code!));
    const known = PROBLEM_CODES.map((code) => {
      const { status, retryable } = problemRow(code);
      return [code, String(status), retryable ? "yes" : "no"];
    });
    expect(listed).toEqual(known);
  });
});

test("docs/screenshots/README.md tells of every picture, and of no other", () => {
  const told = [...textOf("docs/screenshots/README.md").matchAll(/\]\(([\w-]+\.png)\)/g)].map(([, name]) => name);
  const taken = globSync("docs/screenshots/*.png").map((path) => path.split(/[\\/]/).at(-1));
  expect(new Set(told)).toEqual(new Set(taken));
});

test("docs/companion.md lists the demo's commands", () => {
  const known = demoCommandHelp("en").map(({ typed, description }) => [typed, description.replaceAll("`", "")]);
  expect(rowsOf("docs/companion.md")).toEqual(known);
});

test("docs/client.md says which Node its example is for: the oldest that runs the project", () => {
  const oldest = /^const oldestNode = (\d+);$/m.exec(textOf("scripts/engines.mjs"))?.[1];
  expect(textOf("docs/client.md")).toContain(`Node ${oldest} or newer`);
});

test("every relative link and every quoted path of a document leads somewhere", () => {
  const broken = documents.flatMap((path) => {
    const links = [...textOf(path).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target]) =>
      join(dirname(path), target!),
    );
    const paths = [
      ...textOf(path).matchAll(
        /`((?:protocol|client|prompts|runtime|server|routes|islands|tests|docs|scripts)\/[\w./-]*)`/g,
      ),
    ];
    return [...links, ...paths.map(([, target]) => target!)].filter((target) => !existsSync(target));
  });
  expect(broken).toEqual([]);
});

test("every npm script and deno task that a document names exists", () => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
  const { tasks } = JSON.parse(textOf("deno.json")) as { tasks: Record<string, string> };
  const all = documents.map(textOf).join("\n");
  const npm = [...all.matchAll(/npm (?:run )?(start|test|[a-z]+(?= *(?:`|--|\n|,)))/g)].map(([, name]) => name!);
  const deno = [...all.matchAll(/deno task ([a-z]+)/g)].map(([, name]) => name!);
  const npmsOwn = ["install", "ci", "audit"];
  expect(npm.filter((name) => !npmsOwn.includes(name) && !(name in scripts))).toEqual([]);
  expect(deno.filter((name) => !(name in tasks))).toEqual([]);
});
