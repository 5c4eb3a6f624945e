/** The API client: every outcome is a typed answer. */
import { describe, expect, test } from "vitest";
import { createPaths } from "../../islands/paths.ts";
import { createApiClient } from "../../islands/store/api-client.ts";
import { RuntimeId, SubmissionId, WorkerId } from "../../protocol/id.ts";
import { ProblemError, problemBody } from "../../protocol/problem.ts";

const ref = { runtime_id: RuntimeId.parse("backend-internal"), worker_id: WorkerId.parse("a:b") };
const id = SubmissionId.parse("s-1");

function clientOf(answer: (input: string, init: RequestInit) => Promise<Response>, timeoutMs = 1_000) {
  return createApiClient({ fetch: answer, timeoutMs, now: () => 1_000_000, paths: createPaths("/") });
}

describe("createApiClient()", () => {
  test("posts the message with its id and gives the parsed answer", async () => {
    const calls: unknown[] = [];
    const client = clientOf((input, init) => {
      calls.push([input, init.method, init.body]);
      return Promise.resolve(Response.json({ state: "accepted", ...ref, diagnostics: [] }, { status: 202 }));
    });
    expect(await client.sendInput(ref, "hi", id)).toMatchObject({ ok: true, value: { state: "accepted" } });
    expect(calls).toEqual([
      [
        "/api/runtimes/backend-internal/workers/a%3Ab/input",
        "POST",
        JSON.stringify({ content: "hi", submission_id: "s-1" }),
      ],
    ]);
  });

  test("each command begins a trace of its own, and a read none", async () => {
    const sent: (string | null)[] = [];
    const client = clientOf((_input, init) => {
      sent.push(new Headers(init.headers).get("traceparent"));
      return Promise.resolve(Response.json({}));
    });
    await client.sendInput(ref, "hi", id);
    await client.sendInput(ref, "hi", id);
    await client.cancelRun(ref);
    await client.listWorkers();
    const [first, again, stop, read] = sent;
    for (const header of [first, again, stop]) {
      expect(header).toMatch(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01$/);
    }
    expect(new Set([first, again, stop]).size).toBe(3);
    expect(read).toBeNull();
  });

  test("each command has a key of its own, by which it is known when the browser repeats it", async () => {
    const keys: (string | null)[] = [];
    const client = clientOf((_input, init) => {
      keys.push(new Headers(init.headers).get("idempotency-key"));
      return Promise.resolve(Response.json({}));
    });
    await client.spawnWorker(ref.runtime_id, "Scout");
    await client.spawnWorker(ref.runtime_id, "Scout");
    await client.importConversation(ref.runtime_id, new Blob(["{}"]));
    await client.listWorkers();
    const read = keys.pop();
    expect(read).toBeNull();
    for (const key of keys) expect(key).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(new Set(keys).size).toBe(3);
  });

  test("a problem keeps its code, status and the server's words", async () => {
    const body = problemBody(new ProblemError("worker_busy", "It is answering."));
    const client = clientOf(() => Promise.resolve(Response.json(body, { status: 409 })));
    expect(await client.sendInput(ref, "hi", id)).toEqual({
      ok: false,
      failure: { kind: "problem", code: "worker_busy", status: 409, detail: "It is answering.", retryable: true },
    });
  });

  test.each([
    [1_200, 1_001_200],
    [1e15, 4_600_000],
  ])("a problem that passes by itself after %i ms says when, within reason", async (retryAfterMs, retryAt) => {
    const body = problemBody(new ProblemError("rate_limited", "…", { retryAfterMs }));
    const client = clientOf(() => Promise.resolve(Response.json(body, { status: 429 })));
    expect(await client.cancelRun(ref)).toMatchObject({ failure: { code: "rate_limited", retryAt } });
  });

  test("a code of a newer server is a problem too", async () => {
    const body = { ...problemBody(new ProblemError("internal", "New.")), code: "brand_new", status: 503 };
    const client = clientOf(() => Promise.resolve(Response.json(body, { status: 503 })));
    expect(await client.cancelRun(ref)).toMatchObject({
      failure: { kind: "problem", code: "brand_new", retryable: true },
    });
  });

  test("a proxy's page is malformed, with its status", async () => {
    const client = clientOf(() => Promise.resolve(new Response("<html>Bad gateway</html>", { status: 502 })));
    expect(await client.listWorkers()).toEqual({ ok: false, failure: { kind: "malformed", status: 502 } });
  });

  test("a success of another shape is malformed", async () => {
    const client = clientOf(() => Promise.resolve(Response.json({ hello: 1 })));
    expect(await client.entries(ref, 9, 5)).toEqual({ ok: false, failure: { kind: "malformed", status: 200 } });
  });

  test("no network is told apart from no answer in time", async () => {
    const unreachable = clientOf(() => Promise.reject(new TypeError("Failed to fetch")));
    expect(await unreachable.listWorkers()).toEqual({ ok: false, failure: { kind: "network" } });
    const silent = clientOf(
      (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
        }),
      5,
    );
    expect(await silent.listWorkers()).toEqual({ ok: false, failure: { kind: "timeout" } });
  });
});
