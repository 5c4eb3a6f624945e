/** The Runtime's document against its code: settings, flags, defaults, routes. */
import { readFileSync } from "node:fs";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { healthRoutes, metricsRoutes } from "../../runtime/rest/operation-routes.ts";
import { runtimeRoutes } from "../../runtime/rest/runtime-routes.ts";
import { NO_CONFIG_BUNDLE } from "../../runtime/rest/wire-shapes.ts";
import { workerRoutes } from "../../runtime/rest/worker-routes.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { readRuntimeConfig, RUNTIME_FLAGS, RUNTIME_SETTING_NAMES } from "../../runtime/runtime-config.ts";

const document = readFileSync("docs/runtime.md", "utf8");
const rows = document
  .split("\n")
  .filter((line) => line.startsWith("| `") || /^\| (GET|POST|PATCH) /.test(line))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
/** Key, names in the environment, flag, default, meaning. */
const settings = document
  .split("\n")
  .map((line) => line.split("|").slice(1, -1))
  .filter(([, names]) => /`(?:YOI|OPENAI)_/.test(names ?? ""))
  .map((cells) => cells.map((cell) => cell.trim().replaceAll("`", "")));
const noFiles = () => Promise.reject(new Error("no file is read here"));

describe("docs/runtime.md", () => {
  test("names every setting and no other", () => {
    expect(settings.flatMap(([, names]) => names!.split(", ")).toSorted()).toEqual(RUNTIME_SETTING_NAMES.toSorted());
  });

  test("names every flag", () => {
    const flags = settings.flatMap(([, names, flag]) => (flag === "" ? [] : [[flag, names!.split(", ").at(-1)]]));
    expect(flags).toEqual([...RUNTIME_FLAGS]);
  });

  test.each(settings.filter(([, , , fallback]) => fallback !== ""))(
    "states the default of %s",
    async (_key, name, _flag, fallback) => {
      const plain = await readRuntimeConfig({}, [], noFiles);
      expect(await readRuntimeConfig({ [name!]: fallback }, [], noFiles)).toEqual(plain);
    },
  );

  test("lists every route and no other", () => {
    const runtime = {} as Runtime; // why: routes are only listed, never called
    const app = new Hono()
      .route(
        "/",
        healthRoutes(runtime, () => false),
      )
      .route(
        "/",
        metricsRoutes(() => ""),
      )
      .route("/", runtimeRoutes(runtime))
      .route("/", workerRoutes(runtime, { maxTranscriptItems: 1, maxEntries: 1 }));
    const known = [
      ...app.routes.map(({ method, path }) => `${method} ${path}`),
      "GET /v1/workers/:worker_id/events/ws",
    ];
    const listed = rows
      .filter(([method]) => /^(GET|POST|PATCH)$/.test(method!))
      .map(([method, path]) => `${method} ${path}`);
    expect(listed.toSorted()).toEqual(known.toSorted());
  });

  test("names the bundle that there can't be", () => {
    expect(document).toContain(`called \`${NO_CONFIG_BUNDLE.id}\``);
  });
});
