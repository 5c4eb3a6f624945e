/** What a run says: what goes together, what waits, and that a refusal leaves no hole in the log. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KnownEvent } from "../../protocol/event.ts";
import { MAX_WAITING_EVENTS, RunOutbox } from "../../runtime/run-outbox.ts";
import { settle } from "../support/manual-clock.ts";

const delta = (text: string): KnownEvent => ({ event: "text_delta", data: { text } });
const FULL = new Error("The disk is full");

/** An outbox whose turns end, and whose writes do, when the test says so. */
function openOutbox(maxWriteEvents = 1_000) {
  const turns: (() => void)[] = [];
  const writes: PromiseWithResolvers<void>[] = [];
  /** Every write that was tried, and what the log has. */
  const tried: string[][] = [];
  const kept: string[] = [];
  const outbox = new RunOutbox({
    maxWriteEvents,
    clock: { afterTurn: (callback) => void turns.push(callback) },
    async publish(...events) {
      const words = events.map((event) => (event.event === "text_delta" ? event.data.text : event.event));
      tried.push(words);
      const write = Promise.withResolvers<void>();
      writes.push(write);
      await write.promise;
      kept.push(...words);
    },
  });
  return {
    outbox,
    tried,
    kept,
    push: (...words: readonly string[]) => ({ room: outbox.push(words.map(delta)) }),
    endTurn: async () => {
      for (const callback of turns.splice(0)) callback();
      await settle();
    },
    write: async (error?: Error) => {
      const write = writes.shift();
      if (error === undefined) write?.resolve();
      else write?.reject(error);
      await settle();
    },
    get isWriting() {
      return writes.length > 0;
    },
  };
}

const outcome = async (promise: Promise<void>): Promise<unknown> => {
  let result: unknown = "pending";
  promise.then(
    () => (result = "done"),
    (error: unknown) => (result = error),
  );
  await settle();
  return result;
};

function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}

describe("RunOutbox.push()", () => {
  test("sends what comes in one turn together, at its end, and a lone piece as well", async () => {
    const { push, tried, endTurn, write } = openOutbox();
    expect([push("a"), push("b", "c")]).toEqual([{ room: null }, { room: null }]);
    await settle();
    expect(tried).toEqual([]);
    await endTurn();
    expect(tried).toEqual([["a", "b", "c"]]);
    await write();
    push("d");
    await endTurn();
    expect(tried).toEqual([["a", "b", "c"], ["d"]]);
  });

  test("keeps what comes while the store writes for the next write, one at a time", async () => {
    const { push, tried, kept, endTurn, write } = openOutbox();
    push("a");
    await endTurn();
    push("b");
    await endTurn();
    push("c");
    expect(tried).toEqual([["a"]]);
    await write();
    expect(tried).toEqual([["a"], ["b", "c"]]);
    await write();
    expect(kept).toEqual(["a", "b", "c"]);
  });

  test("sends no more at once than it may, and the rest at once after that", async () => {
    const { push, tried, endTurn, write } = openOutbox(2);
    push("a", "b", "c", "d", "e");
    await endTurn();
    await write();
    await write();
    expect(tried).toEqual([["a", "b"], ["c", "d"], ["e"]]);
  });

  test("gives something to wait for where as much waits as may, until all of it is in the log", async () => {
    const { push, kept, endTurn, write } = openOutbox();
    const words = Array.from({ length: MAX_WAITING_EVENTS }, (_, index) => String(index));
    push("first");
    await endTurn();
    expect(push(...words.slice(1)).room).toBe(null);
    const { room } = push("last");
    expect(room).not.toBe(null);
    await write();
    expect(await outcome(room!)).toBe("pending");
    await write();
    expect(await outcome(room!)).toBe("done");
    expect(kept).toEqual(["first", ...words.slice(1), "last"]);
  });

  test("sends nothing that waited when the store refused what came before, and throws from then on", async () => {
    const { outbox, push, tried, kept, endTurn, write } = openOutbox();
    push("a");
    await endTurn();
    push("b");
    await write(FULL);
    expect(outbox.refusal.reason).toBe(FULL);
    await endTurn();
    expect(tried).toEqual([["a"]]);
    expect(() => push("c")).toThrow(FULL);
    expect(await outcome(outbox.say(delta("d")))).toBe(FULL);
    await endTurn();
    expect([tried, kept]).toEqual([[["a"]], []]);
  });
});

describe("RunOutbox.say()", () => {
  test("resolves when its events are in the log, behind all that came before", async () => {
    const { outbox, push, kept, endTurn, write } = openOutbox();
    push("a");
    await endTurn();
    const said = outbox.say(delta("b"));
    expect(await outcome(said)).toBe("pending");
    await write();
    expect(await outcome(said)).toBe("pending");
    await write();
    expect(await outcome(said)).toBe("done");
    expect(kept).toEqual(["a", "b"]);
  });

  test("rejects with what the store threw at what came before, which nothing is kept without", async () => {
    const { outbox, push, tried, endTurn, write } = openOutbox();
    push("a");
    await endTurn();
    const said = outbox.say(delta("b"));
    expect(await outcome(said)).toBe("pending");
    await write(FULL);
    expect(await outcome(said)).toBe(FULL);
    expect(tried).toEqual([["a"]]);
  });

  test("of nothing resolves at once where nothing waits", async () => {
    const { outbox, tried } = openOutbox();
    expect(await outcome(outbox.say())).toBe("done");
    expect(tried).toEqual([]);
  });
});

describe("RunOutbox.end()", () => {
  test("waits for what is being written, then brings what was refused, what waited and the end together", async () => {
    const { outbox, push, tried, kept, endTurn, write } = openOutbox();
    push("a");
    await endTurn();
    push("b");
    const ended = outbox.end({ event: "run_end", data: { result: "finished" } });
    expect(tried).toEqual([["a"]]);
    await write(FULL);
    expect(() => push("c")).toThrow(FULL);
    expect(tried).toEqual([["a"], ["a", "b", "run_end"]]);
    await write();
    expect(await outcome(ended)).toBe("done");
    expect(kept).toEqual(["a", "b", "run_end"]);
  });

  test("rejects with what the store throws, and then none of it is in the log", async () => {
    const { outbox, push, kept, endTurn, write } = openOutbox();
    push("a");
    await endTurn();
    await write(FULL);
    const ended = outbox.end({ event: "run_end", data: { result: "finished" } });
    expect(await outcome(ended)).toBe("pending");
    await write(FULL);
    expect(await outcome(ended)).toBe(FULL);
    expect(kept).toEqual([]);
  });
});

test("the log has a beginning of what a run said, whatever the store refuses and whenever; all of it once the end is in", async () => {
  const step = fc.constantFrom("push", "push", "push", "turn", "turn", "write", "refuse");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, isEndRefused) => {
      const subject = openOutbox(3);
      const said: string[] = [];
      const thrown = new Set<unknown>([null, FULL]);
      const isBeginning = () => expect(subject.kept).toEqual(said.slice(0, subject.kept.length));
      for (const one of steps) {
        if (one === "push") {
          said.push(String(said.length));
          thrown.add(thrownBy(() => subject.push(said.at(-1) ?? "")));
        } else if (one === "turn") await subject.endTurn();
        else await subject.write(one === "refuse" ? FULL : undefined);
        isBeginning();
      }
      const ended = outcome(subject.outbox.end({ event: "run_end", data: { result: "finished" } }));
      await subject.endTurn();
      while (subject.isWriting) await subject.write(isEndRefused ? FULL : undefined);
      await ended;
      expect(subject.kept).toEqual(isEndRefused ? said.slice(0, subject.kept.length) : [...said, "run_end"]);
      expect(thrown).toEqual(new Set([null, FULL]));
    }),
  );
});
