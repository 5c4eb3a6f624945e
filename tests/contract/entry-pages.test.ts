/** Pages of entries that are too long for one answer of their Runtime: whoever reads back gets past them. */
import { expect, test } from "vitest";
import { ProblemError } from "../../protocol/problem.ts";
import type { EmbeddedRuntime } from "../../runtime/embedded.ts";
import { passThrough } from "../../server/policy.ts";
import { backendOf } from "../support/backend-of.ts";
import { conversationFile } from "../support/conversation-file.ts";
import { openRuntimeFixture } from "../support/runtime-fixture.ts";

const ENTRIES = Array.from({ length: 30 }, (_, ts) => ({ kind: "user_input", ts, segments: [] }));

/** What a Backend gives of a conversation whose Runtime gives so many of its entries at once, and what it asked for. */
async function pageOf(fitting: number, query: { readonly before: number; readonly limit: number }) {
  await using fixture = await openRuntimeFixture();
  const { runtime } = fixture;
  const asked: number[] = [];
  const narrow: EmbeddedRuntime = {
    ...runtime,
    async entries(workerId, some, call) {
      asked.push(some.limit);
      if (some.limit > fitting) throw new ProblemError("runtime_answer_too_large", "");
      return runtime.entries(workerId, some, call);
    },
  };
  await using backend = await backendOf(narrow);
  const { worker_ref } = await runtime.importWorker(conversationFile({ entries: ENTRIES }));
  const page = await backend.entries(worker_ref, query, passThrough).catch((error: unknown) => error);
  return { asked, page };
}

test("A page has as many of them as fit, and ends where it was asked to", async () => {
  const { asked, page } = await pageOf(4, { before: 20, limit: 50 });
  expect(asked).toEqual([50, 13, 4]);
  expect(page).toMatchObject({ entries_start: 16, entries_total: 30, oldest_kept: 0, entries: ENTRIES.slice(16, 20) });
});

test("An entry that does not even fit alone is asked for no further", async () => {
  const { asked, page } = await pageOf(0, { before: 20, limit: 4 });
  expect(asked).toEqual([4, 1]);
  expect(page).toMatchObject({ code: "runtime_answer_too_large" });
});
