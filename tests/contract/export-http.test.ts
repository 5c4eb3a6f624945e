/** A Worker's conversation as a download and its name, on a server of its own: out, in again, and renamed. */
import { describe, expect, test } from "vitest";
import {
  listOf,
  WorkerEntries,
  WorkerSpawnResult,
  WorkerSummary,
  WorkerTranscript,
} from "../../protocol/backend-api.ts";
import { ConversationFile } from "../../protocol/conversation-file.ts";
import { isKnownEvent, isSnapshotEvent } from "../../protocol/event.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { conversationFile, everyEntry } from "../support/conversation-file.ts";
import { requestHead, sendRaw } from "../support/raw-http.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { parseAnswer, problemOf, RUNTIME_PATH, workerPath, type Answer } from "../support/workspace-client.ts";

const workspace = serveWorkspace({ YOI_RETENTION_EVENTS: "8192" });

const JSON_TYPE = { "Content-Type": "application/json" };

async function talked(name?: string): Promise<WorkerRef> {
  const { client } = workspace;
  const body = name === undefined ? {} : { requested_worker_name: name };
  const { worker } = parseAnswer(WorkerSpawnResult, await client.post(`${RUNTIME_PATH}/workers`, body));
  const ref = { runtime_id: worker!.runtime_id, worker_id: worker!.worker_id };
  for (const content of ["Hello", "/demo think 3", "/demo auth"]) {
    await using _observer = await client.converse(ref, content);
  }
  return ref;
}

const exported = (ref: WorkerRef, query = "", headers: Record<string, string> = {}) =>
  workspace.client.get(`${workerPath(ref)}/export${query}`, headers);

const fileOf = (answer: Answer): ConversationFile => parseAnswer(ConversationFile, answer);

async function imported(text: string): Promise<WorkerSummary> {
  const init = { method: "POST", headers: JSON_TYPE, body: text };
  const result = parseAnswer(WorkerSpawnResult, await workspace.client.request(`${RUNTIME_PATH}/workers/import`, init));
  return result.worker!;
}

describe("an export as JSON", () => {
  test("is a download of the whole conversation, a line for each entry", async () => {
    const ref = await talked("Scribe");
    const askedMs = Date.now();
    const answer = await exported(ref);
    expect(answer.status).toBe(200);
    const exportedMs = Date.parse(fileOf(answer).exported_at);
    expect([exportedMs >= askedMs, exportedMs <= Date.now()]).toEqual([true, true]);
    expect(answer.headers.get("Content-Type")).toBe("application/json; charset=utf-8");
    expect(answer.headers.get("Cache-Control")).toBe("no-store");
    expect(answer.headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(answer.headers.get("X-Request-Id")).toMatch(/^[0-9a-f]{16}$/);
    // Midnight may have passed since.
    const day = new Date(exportedMs).toISOString().slice(0, 10);
    expect(answer.headers.get("Content-Disposition")).toBe(
      `attachment; filename="Scribe ${day}.json"; filename*=UTF-8''Scribe%20${day}.json`,
    );
    const file = fileOf(answer);
    const page = await workspace.client.read(WorkerEntries, `${workerPath(ref)}/entries`);
    expect(file).toEqual({
      format: "yoi-conversation",
      version: 1,
      exported_at: expect.stringMatching(new RegExp(`^${day}T`)),
      worker: { ...ref, display_name: "Scribe", profile: { kind: "runtime_default" }, model: expect.any(String) },
      usage: {
        input_tokens: expect.any(Number),
        output_tokens: expect.any(Number),
        cache_read_input_tokens: expect.any(Number),
        llm_calls: 2,
      },
      run: expect.objectContaining({ state: "ended", result: "errored" }),
      older_entries: 0,
      entries: page.entries,
    });
    expect(answer.text.trimEnd().split("\n")).toHaveLength(file.entries.length + 2);
  });

  test("is the same again from the Worker that an import of it made", async () => {
    const { client } = workspace;
    const ref = await talked();
    const first = await exported(ref, "?format=json");
    const worker = await imported(first.text);
    expect(worker).toMatchObject({ status: "idle", state: "running" });
    const second = await exported(worker);
    const plain = (answer: Answer) => {
      const { exported_at: _at, worker: of, ...rest } = fileOf(answer);
      return { ...rest, worker: { ...of, worker_id: "" } };
    };
    expect(plain(second)).toEqual(plain(first));
    expect(second.text.split("\n").slice(1)).toEqual(first.text.split("\n").slice(1));
    const lines = async (of: WorkerRef) => {
      const { items } = await client.read(WorkerTranscript, `${workerPath(of)}/transcript`);
      return items.map(({ sequence, role, content, ts }) => ({ sequence, role, content, ts }));
    };
    expect(await lines(worker)).toEqual(await lines(ref));
    // It is a Worker like any other.
    await using observer = await client.converse(worker, "And now?");
    expect(observer.eventsOf("run_end")).toHaveLength(1);
  });

  test("comes whole where it has many pages", async () => {
    const entries = Array.from({ length: 2_345 }, (_, index) => ({
      kind: "user_input",
      ts: index,
      segments: [{ kind: "text", content: `${index} ${"言葉".repeat(index % 50)}` }],
    }));
    const worker = await imported(JSON.stringify(conversationFile({ entries })));
    expect(fileOf(await exported(worker)).entries).toEqual(entries);
    const { text } = await exported(worker, "?format=markdown");
    expect(text.match(/^> \d+/gm)).toHaveLength(2_345);
  });

  test("keeps every kind of entry", async () => {
    const file = conversationFile({ entries: everyEntry });
    const worker = await imported(JSON.stringify(file));
    expect(worker.label).toBe("Scribe");
    expect(fileOf(await exported(worker)).entries).toEqual(file.entries);
  });
});

describe("an export as Markdown", () => {
  test("tells a reader who said what, in the language of the reader", async () => {
    const ref = await talked("書記");
    const answer = await exported(ref, "?format=markdown", { "Accept-Language": "ja,en;q=0.5" });
    expect(answer.headers.get("Content-Type")).toBe("text/markdown; charset=utf-8");
    const day = /^- 書き出した日時: (\S+) /m.exec(answer.text)?.[1];
    expect(answer.headers.get("Content-Disposition")).toBe(
      `attachment; filename="${ref.worker_id} ${day}.md"; filename*=UTF-8''%E6%9B%B8%E8%A8%98%20${day}.md`,
    );
    expect(answer.text).toMatch(/^# 書記\n\n- Worker: `worker-[0-9a-f]{8}` \(`backend-internal`\)\n- モデル: /);
    expect(answer.text).toContain("\n> Hello\n");
    expect(answer.text).toContain("<details>\n<summary>");
    const english = await exported(ref, "?format=markdown&lang=en&thinking=0", { "Accept-Language": "ja" });
    expect(english.text).toMatch(/\n## You\n\n<small>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC<\/small>\n\n> Hello\n/);
    expect(english.text).not.toContain("<details>");
    expect(english.text).toContain("**The answer failed.**");
  });
});

describe("an export that can't be", () => {
  test.each(["?format=xml", "?format=", "?format=json&format=json", "?format=markdown&thinking=no"])(
    "is refused: %s",
    async (query) => {
      const answer = await exported({ runtime_id: "backend-internal", worker_id: "companion" } as WorkerRef, query);
      expect(problemOf(answer)).toMatchObject({ status: 400, code: "invalid_query" });
    },
  );

  test("of a Worker or a Runtime that there is not is refused", async () => {
    for (const [path, code] of [
      ["/api/runtimes/backend-internal/workers/nobody/export", "worker_not_found"],
      ["/api/runtimes/nobody/workers/companion/export", "runtime_not_found"],
    ] as const) {
      expect(problemOf(await workspace.client.get(path))).toMatchObject({ status: 404, code });
    }
  });

  test("is asked for by its head alone without being read", async () => {
    const path = "/api/runtimes/backend-internal/workers/companion/export";
    const answer = await workspace.client.request(path, { method: "HEAD" });
    expect([answer.status, answer.headers.get("Content-Type"), answer.text]).toEqual([
      200,
      "application/json; charset=utf-8",
      "",
    ]);
  });
});

describe("an import over HTTP", () => {
  const send = (body: string, headers: Record<string, string> = JSON_TYPE, runtime = "backend-internal") =>
    workspace.client.request(`/api/runtimes/${runtime}/workers/import`, { method: "POST", headers, body });
  const workers = async () => (await workspace.client.read(listOf(WorkerSummary), "/api/workers")).items.length;

  test.each([
    ["{", "invalid_request", "entries: expected a list."],
    ['{"entries":[{"kind":"user_input"}]}', "invalid_request", /^entries\.0\.ts: /],
    ['{"entries":[}]}', "invalid_json", "The file: expected valid JSON."],
    [JSON.stringify({ ...conversationFile(), version: 2 }), "invalid_request", /^version: /],
    [`{"entries":${"[".repeat(900_000)}`, "invalid_request", /^entries\.0: more than 64 values/],
  ])("is refused where it is wrong: %.60s", async (body, code, detail) => {
    const before = await workers();
    const problem = problemOf(await send(body));
    expect(problem).toMatchObject({ status: 400, code });
    expect(problem.detail).toMatch(detail);
    expect(await workers()).toBe(before);
  });

  test("is refused without the type of JSON, and for a Runtime that there is not", async () => {
    const file = JSON.stringify(conversationFile());
    expect(problemOf(await send(file, { "Content-Type": "text/plain" }))).toMatchObject({
      status: 415,
      code: "unsupported_media_type",
    });
    expect(problemOf(await send(file, JSON_TYPE, "nobody"))).toMatchObject({ status: 404, code: "runtime_not_found" });
  });

  test("that says to be larger than allowed is refused before it comes", async () => {
    const head = requestHead("POST", `${RUNTIME_PATH}/workers/import`, {
      ...JSON_TYPE,
      "Content-Length": String(64 * 1024 * 1024 + 1),
    });
    const answer = await sendRaw(workspace.server.port, head);
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "body_too_large" });
  });

  test("may be larger than other bodies", async () => {
    const entries = Array.from({ length: 30 }, (_, ts) => ({
      kind: "user_input",
      ts,
      segments: [{ kind: "text", content: "x".repeat(100_000) }],
    }));
    const worker = await imported(JSON.stringify(conversationFile({ entries })));
    expect(fileOf(await exported(worker)).entries).toHaveLength(30);
  });
});

describe("a Worker's name", () => {
  const rename = (ref: WorkerRef, body: unknown) =>
    workspace.client.request(workerPath(ref), { method: "PATCH", headers: JSON_TYPE, body: JSON.stringify(body) });

  test("is another one at once, in lists and for whoever comes to a Worker that is observed already", async () => {
    const { client } = workspace;
    const ref = await client.createWorker();
    await using early = client.observe(ref);
    await early.snapshot();
    const renamed = parseAnswer(WorkerSummary, await rename(ref, { display_name: "  研究 室 " }));
    expect(renamed.label).toBe("研究 室");
    expect(await client.read(WorkerSummary, workerPath(ref))).toEqual(renamed);
    await using late = client.observe(ref);
    const { event } = await late.snapshot();
    expect(isKnownEvent(event) && isSnapshotEvent(event) && event.data.greeting.worker_name).toBe("研究 室");
    expect(early.texts).toHaveLength(1);
  });

  test.each([
    [{}, /^display_name: /],
    [{ display_name: "" }, /^display_name: /],
    [{ display_name: " \n " }, /^display_name: /],
    [{ display_name: "x".repeat(81) }, /^display_name: /],
    [{ display_name: null }, /^display_name: /],
    [{ display_name: "A", lifecycle: "stopped" }, /lifecycle/],
  ])("is refused as %j", async (body, detail) => {
    const ref = { runtime_id: "backend-internal", worker_id: "companion" } as WorkerRef;
    const before = await workspace.client.read(WorkerSummary, workerPath(ref));
    const problem = problemOf(await rename(ref, body));
    expect(problem).toMatchObject({ status: 400, code: "invalid_request" });
    expect(problem.detail).toMatch(detail);
    expect(await workspace.client.read(WorkerSummary, workerPath(ref))).toEqual(before);
  });
});
