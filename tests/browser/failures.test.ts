/** Every failure that the demo can provoke: its own words, what was written stays, and the console goes on. */
import { describe, expect, test } from "vitest";
import { en } from "../../islands/messages-en.ts";
import type { ProblemCode } from "../../protocol/problem.ts";
import { onOneServer, SHORT } from "./both-servers.ts";
import { onProvider } from "./on-provider.ts";

/** Each command, what it ends in, and whether text had begun. */
const FAILURES: readonly (readonly [command: string, problem: ProblemCode, hasBegun: boolean])[] = [
  ["rate-limit always", "provider_rate_limited", false],
  ["auth", "provider_auth_failed", false],
  ["context", "provider_context_too_long", false],
  ["server-error", "provider_unavailable", false],
  ["unreachable", "provider_unreachable", false],
  ["timeout", "first_token_timeout", false],
  ["stall", "between_chunks_timeout", true],
  ["cut", "provider_stream_cut", true],
  ["malformed", "provider_malformed", true],
  ["filter", "provider_content_filtered", true],
];

const BEGINNING = "Let me take this one step at a time.";

const settings = { YOI_DEMO_PACE: "0.02", YOI_FIRST_TOKEN_TIMEOUT_MS: "300", YOI_BETWEEN_CHUNKS_TIMEOUT_MS: "300" };

onOneServer("A failing provider", settings, (stage) => {
  test.each(FAILURES)("is told in its own words after /demo %s", async (command, problem, hasBegun) => {
    const tab = await stage.openConsole();
    await tab.ask(`/demo ${command}`);
    const failure = tab.failures.last();
    expect(await failure.textContent()).toContain(en.problem(problem));
    expect(await failure.textContent()).toContain(problem);
    expect(await failure.textContent()).not.toMatch(/sk-|https?:|org-|platform\.openai/);
    await tab.announcer.filter({ hasText: tab.words.announce.failed }).waitFor({ state: "attached" });
    const begun = await tab.answers.allInnerTexts();
    expect(begun.map((text) => text.slice(0, BEGINNING.length))).toEqual(hasBegun ? [BEGINNING] : []);
    expect(await tab.stopButton.count()).toBe(0);
    await tab.ask(SHORT);
    expect(await tab.answerText()).toBe(await stage.answerText(tab.ref));
    expect(await tab.failures.count()).toBe(1);
    const before = await tab.conversation();
    await tab.reload();
    expect(await tab.failures.count()).toBe(1);
    expect(await tab.conversation()).toEqual(before);
  });

  test("that limits the rate for a while is waited for, and each attempt is noted", async () => {
    const tab = await stage.openConsole();
    await tab.say("/demo rate-limit");
    await tab.log.getByText(/Attempt 2 of 3/).waitFor();
    await tab.settled();
    expect(await tab.log.getByText(/Attempt \d of 3 failed/).count()).toBe(2);
    expect(await tab.failures.count()).toBe(0);
    expect(await tab.answerText()).toMatch(/^That was worth the wait/);
  });
});

describe("A provider that refuses for a minute", () => {
  const raised = onProvider();

  test("is no longer waited for once that is stopped", async () => {
    const { stage, provider } = raised;
    provider.refusedForS = 60;
    const tab = await stage.openConsole();
    await tab.say(SHORT);
    await tab.log.getByText(/Attempt 2 of 3/).waitFor();
    await tab.page.keyboard.press("Escape");
    await tab.settled();
    await tab.log.getByText(tab.words.stopped, { exact: true }).waitFor();
    expect(await tab.failures.count()).toBe(0);
    provider.refusedForS = undefined;
    provider.pieces = ["Here ", "it is."];
    await tab.ask(SHORT);
  });
});
