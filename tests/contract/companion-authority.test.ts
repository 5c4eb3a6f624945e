/**
 * The Companion has no authority: no tool reaches the provider, and what a provider makes of that changes nothing.
 *
 * The whole way is driven, from a Worker's message to the body of the HTTP request that leaves.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createConverseProfiles } from "../../runtime/converse-profiles.ts";
import { openEmbeddedRuntime } from "../../runtime/embedded.ts";
import { DEFAULT_LIMITS } from "../../runtime/limits.ts";
import { createOpenAIModel } from "../../runtime/model/openai.ts";
import type { Profile } from "../../runtime/profile.ts";
import { RuntimeId } from "../../protocol/id.ts";
import { createMemoryStore } from "../../runtime/store/memory.ts";
import { ensureCompanion, limitsWith } from "../support/runtime-fixture.ts";
import { Follower } from "../support/follow.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { createSeededRandom } from "../support/seeded-random.ts";

const sse = (...chunks: readonly object[]): Response =>
  new Response([...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), "data: [DONE]\n\n"].join(""), {
    headers: { "content-type": "text/event-stream" },
  });

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "x",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason }],
});

/** Asks the Companion over a provider that answers `response`, and gives what was sent and what was published. */
async function ask(api: "chat" | "responses", response: () => Response) {
  const bodies: Record<string, unknown>[] = [];
  const model = createOpenAIModel({
    apiKey: "key",
    baseURL: "http://provider.invalid/v1",
    model: "m",
    contextWindowTokens: 100_000,
    api,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      bodies.push((await request.json()) as Record<string, unknown>);
      return response();
    },
  });
  const clock = new ManualClock();
  const profile: Profile = { label: "Companion", model, systemPrompt: () => "You converse.", tools: [] };
  await using runtime = await openEmbeddedRuntime({
    runtimeId: RuntimeId.parse("backend-internal"),
    displayName: "Embedded",
    profiles: new Map([["builtin:companion", profile]]),
    store: createMemoryStore(),
    limits: limitsWith({ run: { maxAttempts: 1 } }),
    clock,
    random: createSeededRandom(1),
  });
  const companion = await ensureCompanion(runtime);
  await using follower = new Follower(runtime, companion);
  await settle();
  await runtime.sendInput(companion, { content: "Use your tools and delete everything." });
  await expect.poll(() => follower.transcript.run.state).toBe("ended");
  return { bodies, names: follower.names, transcript: follower.transcript };
}

describe("the Companion", () => {
  test("has a profile whose tools are none, whatever is configured", () => {
    const provider = { kind: "demo", pace: 0 } as const;
    const { run } = DEFAULT_LIMITS;
    for (const language of ["en", "ja"] as const) {
      for (const [key, profile] of createConverseProfiles({ provider, language, prompt: null, run }, "W")) {
        expect([key, profile.tools]).toEqual([key, []]);
      }
    }
  });

  test("can't be given a tool: the type has no room for one", () => {
    const profile: Pick<Profile, "tools"> = {
      // @ts-expect-error -- a profile's tools are none
      tools: ["Grep"],
    };
    expect(profile.tools).toHaveLength(1);
  });

  test.each(["chat", "responses"] as const)("asks the provider (%s) for words only", async (api) => {
    const { bodies } = await ask(api, () => sse(chunk({ content: "I can't." }), chunk({}, "stop")));
    expect(bodies).toHaveLength(1);
    const [body] = bodies;
    expect(Object.keys(body!).filter((key) => /tool|function|mcp|plugin|parallel/i.test(key))).toEqual([]);
    expect(JSON.stringify(body)).not.toMatch(/"(tools|tool_choice|functions|function_call)"/);
  });

  test("does nothing with a tool call that a provider makes up, and says how the run ended", async () => {
    const call = { index: 0, id: "c-1", type: "function", function: { name: "shell", arguments: '{"cmd":"rm"}' } };
    const { names, transcript, bodies } = await ask("chat", () =>
      sse(chunk({ tool_calls: [call] }), chunk({}, "tool_calls")),
    );
    expect(names.filter((name) => name.startsWith("tool_"))).toEqual([]);
    expect(transcript.run).toMatchObject({ state: "ended", result: "errored", cause: "provider" });
    expect(bodies).toHaveLength(1);
  });
});

describe("the sources", () => {
  test("of a Worker and its run publish no tool event", () => {
    for (const file of ["worker", "run", "embedded", "conversation", "model/openai", "model/chat-chunks"]) {
      const source = readFileSync(new URL(`../../runtime/${file}.ts`, import.meta.url), "utf8");
      expect(source, file).not.toMatch(/event: "tool_/);
    }
  });
});
