/** Pages of the transcript and of the entries. A part of the Runtime's contract. */
import { describe, expect, test } from "vitest";
import { EntryPage, TranscriptPage } from "../../protocol/runtime-api.ts";
import { problemCode } from "../support/problem-code.ts";
import type { CreateSubject, RuntimeSubject, SubjectOptions } from "../support/runtime-subject.ts";
import { fail, stop, text, thinking, type Script } from "../support/scripted-model.ts";

/** A subject after some exchanges: `q0`, `a0`, `q1`, `a1` and so on. */
async function conversing(
  createSubject: CreateSubject,
  exchanges: number,
  options: SubjectOptions = {},
): Promise<RuntimeSubject> {
  const scripts = Array.from({ length: exchanges }, (_, index): Script => [thinking("hm"), text(`a${index}`), stop]);
  const subject = await createSubject({ scripts, ...options });
  for (let index = 0; index < exchanges; index += 1) {
    await subject.runtime.sendInput(subject.workerId, { content: `q${index}` });
    await subject.settle();
  }
  return subject;
}

/** `Runtime.transcript` and `Runtime.entries`. */
export function pagesSuite(createSubject: CreateSubject): void {
  describe("transcript()", () => {
    test("of a new Worker is empty", async () => {
      await using subject = await createSubject();
      const { runtime, workerId } = subject;
      const page = await runtime.transcript(workerId, { start: 0, limit: 10 });
      expect(TranscriptPage.parse(page)).toEqual({
        worker_ref: { runtime_id: runtime.runtimeId, worker_id: workerId },
        start: 0,
        limit: 10,
        total_items: 0,
        items: [],
        next_start: null,
      });
    });

    test("gives the exchanges in order, without thinking, in pages that meet", async () => {
      await using subject = await conversing(createSubject, 3);
      const { runtime, workerId } = subject;
      const contents: string[] = [];
      const sequences: number[] = [];
      let start: number | null | undefined = 0;
      for (let pages = 0; start !== null && start !== undefined; pages += 1) {
        expect(pages).toBeLessThan(4);
        const page: TranscriptPage = await runtime.transcript(workerId, { start, limit: 2 });
        expect(page.total_items).toBe(6);
        contents.push(...page.items.map(({ content }) => content));
        sequences.push(...page.items.map(({ sequence }) => sequence));
        start = page.next_start;
      }
      expect(contents).toEqual(["q0", "a0", "q1", "a1", "q2", "a2"]);
      expect(sequences).toEqual([1, 2, 3, 4, 5, 6]);
    });

    test("past the end is empty, and without items it says where to go on", async () => {
      await using subject = await conversing(createSubject, 1);
      const { runtime, workerId } = subject;
      expect(await runtime.transcript(workerId, { start: 99, limit: 5 })).toMatchObject({
        items: [],
        next_start: null,
      });
      expect(await runtime.transcript(workerId, { start: 0, limit: 0 })).toMatchObject({ items: [], next_start: 0 });
      expect(await runtime.transcript(workerId, { start: 2, limit: 0 })).toMatchObject({ items: [], next_start: null });
    });

    test("with more than a page's limit is refused", async () => {
      await using subject = await createSubject({ limits: { runtime: { maxTranscriptItems: 4 } } });
      const { runtime, workerId } = subject;
      expect(await problemCode(runtime.transcript(workerId, { start: 0, limit: 5 }))).toBe("invalid_query");
      expect(await problemCode(runtime.transcript(workerId, { start: 0, limit: 4 }))).toBe(null);
    });

    test("shows how a run failed, and never an answer that nobody gave", async () => {
      await using subject = await createSubject({ scripts: [[fail(new Error("boom"))]] });
      const { runtime, workerId } = subject;
      await runtime.sendInput(workerId, { content: "hi" });
      await subject.settle();
      const { items } = await runtime.transcript(workerId, { start: 0, limit: 10 });
      expect(items.map(({ role, content }) => [role, content])).toEqual([
        ["user", "hi"],
        ["system", "error: The run met an unexpected condition."],
      ]);
    });

    test("of a conversation that was bounded keeps its numbers", async () => {
      await using subject = await conversing(createSubject, 40, { limits: { worker: { retentionEntries: 12 } } });
      const { runtime, workerId } = subject;
      const page = await runtime.transcript(workerId, { start: 0, limit: 200 });
      expect(page.total_items).toBe(80);
      expect(page.items.at(-1)).toMatchObject({ sequence: 80, role: "assistant", content: "a39" });
      expect(page.items.length).toBeLessThan(40);
      for (const { sequence, content } of page.items) {
        const exchange = Math.floor((sequence - 1) / 2);
        expect(content).toBe(sequence % 2 === 1 ? `q${exchange}` : `a${exchange}`);
      }
    });
  });

  describe("entries()", () => {
    test("reads upwards from the newest entry, in pages that meet", async () => {
      await using subject = await conversing(createSubject, 4);
      const { runtime, workerId } = subject;
      const whole = await runtime.entries(workerId, { limit: 256 });
      expect(EntryPage.parse(whole)).toMatchObject({ entries_start: 0, oldest_kept: 0 });
      expect(whole.entries).toHaveLength(whole.entries_total);
      const read: unknown[] = [];
      let before = whole.entries_total;
      while (before > 0) {
        const page = await runtime.entries(workerId, { before, limit: 5 });
        expect(page.entries_start).toBe(Math.max(0, before - 5));
        read.unshift(...page.entries);
        before = page.entries_start;
      }
      expect(read).toEqual(whole.entries);
    });

    test("stays inside what is kept, whatever is asked for", async () => {
      await using subject = await conversing(createSubject, 40, {
        limits: { worker: { retentionEntries: 12 }, runtime: { maxEntries: 8 } },
      });
      const { runtime, workerId } = subject;
      const newest = await runtime.entries(workerId, { limit: 1_000 });
      expect(newest.entries).toHaveLength(8);
      expect(newest.entries_start).toBe(newest.entries_total - 8);
      expect(newest.oldest_kept).toBeGreaterThan(0);
      const ahead = await runtime.entries(workerId, { before: 1_000_000, limit: 8 });
      expect(ahead).toEqual(newest);
      const behind = await runtime.entries(workerId, { before: 0, limit: 8 });
      expect(behind).toMatchObject({ entries: [], entries_start: newest.oldest_kept });
    });

    test("tell thinking, its text and how long it took", async () => {
      await using subject = await conversing(createSubject, 1);
      const { entries } = await subject.runtime.entries(subject.workerId, { limit: 100 });
      expect(entries.map(({ kind }) => kind)).toEqual([
        "invoke",
        "user_input",
        "assistant_item",
        "assistant_item",
        "turn_end",
        "run_completed",
      ]);
      expect(entries[2]).toMatchObject({ item: { kind: "reasoning", text: "hm", duration_ms: 0 } });
    });
  });
}
