/** Pages of failures, and those before a login: what they tell a person, and what they tell nobody. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { renderProblemPage } from "../../../routes/console.ts";
import { pageWordsFor } from "../../../routes/page-words.ts";
import { notFoundHandler, problemHandler } from "../../../routes/problem.ts";
import { canariesIn, filesOf, wholeText } from "../../support/leak-scan.ts";
import { allowProcesses } from "../../support/served-workspace.ts";
import { ServerProcess } from "../../support/server-process.ts";
import { WorkspaceClient } from "../../support/workspace-client.ts";

allowProcesses();

const PAGE = { Accept: "text/html" };
const TOKEN = "accesstokencanary-0123456789";

test.each(["en", "ja"] as const)(
  "a page of a failure names the request in the words of %s, and nothing else of it",
  async (locale) => {
    const assets = { files: new Map(), scripts: [], styles: [] };
    const rendering = {
      onUnexpected: () => {},
      renderPage: (...[problem, context]: Parameters<Parameters<typeof problemHandler>[0]["renderPage"]>) =>
        renderProblemPage(problem, context, assets),
    };
    const app = new Hono();
    app.onError(problemHandler(rendering));
    app.notFound(notFoundHandler(rendering));
    app.use(async (context, next) => {
      context.set("requestId", "0123456789abcdef");
      await next();
    });
    app.get("/broken", () => {
      throw new Error("innerword /srv/secret/path.sqlite", { cause: new RangeError("innercause") });
    });
    for (const [path, status] of [
      ["/broken", 500],
      ["/nothing", 404],
    ] as const) {
      const answer = await app.request(path, { headers: { ...PAGE, "Accept-Language": locale } });
      const text = await answer.text();
      expect(answer.status).toBe(status);
      expect(text).toContain(pageWordsFor(locale).failureNumber);
      expect(text).toContain(">0123456789abcdef</code>");
      expect(text).not.toMatch(/innerword|innercause|secret|sqlite|\bat .+:\d+|<script|\.ts\b/);
    }
  },
);

test("a server's own page of a failure names the number that the answer's header has", async () => {
  await using server = await ServerProcess.start();
  const answer = await new WorkspaceClient(server.url).get("/nothing-here", PAGE);
  const id = answer.headers.get("X-Request-Id") ?? "";
  expect(id).toMatch(/^[0-9a-f]{16}$/);
  expect([answer.status, answer.text.includes(`>${id}</code>`)]).toEqual([404, true]);
});

test("the search finds a port that is there, and none in a request's number", () => {
  expect(canariesIn('{"detail":"hostcanary.invalid:4321"}', ["4321"])).toEqual(["4321"]);
  expect(canariesIn("x-request-id,0b4321ce98d07a65\nhttp://127.0.0.1:43215", ["4321"])).toEqual([]);
});

test("nothing before the login holds what the server was told", async () => {
  const folder = await mkdtemp(join(tmpdir(), "foldercanary-"));
  try {
    await using server = await ServerProcess.start({
      environment: {
        YOI_ACCESS_TOKEN: TOKEN,
        YOI_CURSOR_SECRET: "cursorsecretcanary-0123456789-0123456789",
        YOI_DATA_DIR: folder,
        OPENAI_API_KEY: "plainkeycanary",
        OPENAI_BASE_URL: "http://hostcanary.invalid:4321/urlpathcanary/v1",
      },
    });
    const client = new WorkspaceClient(server.url);
    const form = (body: Record<string, string>) =>
      client.request("/login", { method: "POST", body: new URLSearchParams(body), redirect: "manual" });
    const paths = [
      "/",
      "/login",
      "/login?next=a",
      "/nothing",
      "/api/workers",
      "/api/openapi.json",
      "/api/reference",
      "/metrics",
      "/readyz",
      "/healthz",
    ];
    const answers = await Promise.all([
      ...paths.flatMap((path) => [
        client.get(path),
        client.get(path, PAGE),
        client.get(path, { Authorization: "Bearer no" }),
      ]),
      form({ token: "a-wrong-token-of-some-length" }),
      form({}),
      form({ token: TOKEN }),
    ]);
    const page = answers[1];
    const files = await Promise.all(filesOf(page?.text ?? "").map((path) => client.get(path)));
    expect(files.length).toBeGreaterThan(0);
    const texts = [...answers, ...files].map(wholeText);
    const canaries = [
      TOKEN,
      "cursorsecretcanary",
      "foldercanary",
      "plainkeycanary",
      "hostcanary",
      "urlpathcanary",
      "4321",
    ];
    expect(texts.flatMap((text) => canariesIn(text, canaries))).toEqual([]);
    // What is behind the login is behind it.
    expect(answers.filter(({ text }) => text.includes('"openapi"'))).toEqual([]);
    expect(
      canariesIn(
        server.output,
        canaries.filter((canary) => canary !== "foldercanary"),
      ),
    ).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
