import { beforeAll, expect, test } from "vitest";
import type { ProblemCode } from "../../protocol/problem.ts";
import type { DemoCommandName } from "../../runtime/model/demo/commands.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { ServerProcess } from "../support/server-process.ts";
import { WorkspaceClient } from "../support/workspace-client.ts";

/** Longer than a server may stand still with all of these runs under way: nobody else runs out of time. */
const TIMEOUT_MS = "2500";

const workspace = serveWorkspace({
  YOI_FIRST_TOKEN_TIMEOUT_MS: TIMEOUT_MS,
  YOI_BETWEEN_CHUNKS_TIMEOUT_MS: TIMEOUT_MS,
});

/** What answers is loaded by the first message, which takes a busy machine longer than the time-outs of these tests. */
const loadAnswers = async (client: WorkspaceClient) =>
  (await client.converse(await client.createWorker(), "/demo burst")).cut();

beforeAll(() => loadAnswers(workspace.client));

interface Failure {
  readonly typed: `${DemoCommandName}${string}`;
  readonly problem: ProblemCode;
  readonly cause: "provider" | "timeout";
  /** How many attempts were announced as failed before the run gave up. */
  readonly retries: number;
  /** Whether text had streamed, which is kept. */
  readonly hasText: boolean;
}

const failures: readonly Failure[] = [
  { typed: "rate-limit always", problem: "provider_rate_limited", cause: "provider", retries: 2, hasText: false },
  { typed: "auth", problem: "provider_auth_failed", cause: "provider", retries: 0, hasText: false },
  { typed: "context", problem: "provider_context_too_long", cause: "provider", retries: 0, hasText: false },
  { typed: "server-error", problem: "provider_unavailable", cause: "provider", retries: 2, hasText: false },
  { typed: "unreachable", problem: "provider_unreachable", cause: "provider", retries: 2, hasText: false },
  { typed: "timeout", problem: "first_token_timeout", cause: "timeout", retries: 2, hasText: false },
  { typed: "stall", problem: "between_chunks_timeout", cause: "timeout", retries: 0, hasText: true },
  { typed: "cut", problem: "provider_stream_cut", cause: "provider", retries: 0, hasText: true },
  { typed: "malformed", problem: "provider_malformed", cause: "provider", retries: 0, hasText: true },
  { typed: "filter", problem: "provider_content_filtered", cause: "provider", retries: 0, hasText: true },
];

/** What the demo's refusals carry, as OpenAI's do: nobody may see it. */
const PRIVATE = /sk-demo|org-demo|platform\.openai\.com|https?:/;

test.concurrent.each(failures)("/demo $typed ends typed as $problem, and the Worker goes on", async (failure) => {
  const { client } = workspace;
  const ref = await client.createWorker();
  await using observer = await client.converse(ref, `/demo ${failure.typed}`);

  expect(observer.eventsOf("error")).toEqual([
    {
      event: "error",
      data: {
        code: "provider_error",
        message: expect.stringMatching(/\S/),
        cause: failure.cause,
        problem: failure.problem,
      },
    },
  ]);
  expect(observer.eventsOf("run_end").map(({ data }) => data)).toEqual([{ result: "finished", cause: failure.cause }]);
  expect(observer.eventsOf("llm_retry").map(({ data }) => data.failed_attempt)).toEqual(
    Array.from({ length: failure.retries }, (_none, index) => index + 1),
  );
  const deltas = observer.eventsOf("text_delta").map(({ data }) => data.text);
  expect(observer.eventsOf("text_done").map(({ data }) => data.text)).toEqual(failure.hasText ? [deltas.join("")] : []);
  expect(observer.names.slice(-3)).toEqual(["error", "run_end", "status"]);
  expect(observer.transcript).toMatchObject({ status: "idle", in_flight: { blocks: [] }, run: { state: "ended" } });
  expect(observer.texts.filter((text) => PRIVATE.test(text))).toEqual([]);

  await client.send(ref, "/demo burst");
  await observer.idle(2);
  expect(observer.eventsOf("run_end").at(-1)?.data).toEqual({ result: "finished" });
});

test.concurrent("/demo rate-limit announces its waits and then answers", async () => {
  const { client } = workspace;
  await using observer = await client.converse(await client.createWorker(), "/demo rate-limit");
  expect(observer.eventsOf("llm_retry").map(({ data }) => data)).toEqual(
    [1, 2].map((failed_attempt) => ({
      llm_call: 0,
      failed_attempt,
      max_attempts: 3,
      wait_ms: expect.any(Number),
      elapsed_ms: expect.any(Number),
      status: 429,
      error: expect.stringContaining("429"),
    })),
  );
  expect(observer.eventsOf("error")).toEqual([]);
  expect(observer.eventsOf("text_done")).toHaveLength(1);
  expect(observer.eventsOf("run_end").map(({ data }) => data)).toEqual([{ result: "finished" }]);
});

test.concurrent("a run past its time ends typed as run_timeout and keeps its text", async () => {
  await using server = await ServerProcess.start({
    environment: { YOI_DEMO_PACE: "0", YOI_WHOLE_RUN_TIMEOUT_MS: TIMEOUT_MS },
  });
  const client = new WorkspaceClient(server.url);
  await loadAnswers(client);
  await using observer = await client.converse(await client.createWorker(), "/demo stall");
  expect(observer.eventsOf("error").map(({ data }) => [data.problem, data.cause])).toEqual([
    ["run_timeout", "timeout"],
  ]);
  expect(observer.eventsOf("text_done")).toHaveLength(1);
});
