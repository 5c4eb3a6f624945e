/** The pace of an answer's pieces: what goes on at once, what goes together, and that nothing stays behind. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelPart } from "../../runtime/model/model.ts";
import { paceParts } from "../../runtime/model/pace-parts.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";

const PACE = { deltaIntervalMs: 40, deltaMaxChars: 512 };
const text = (words: string): ModelPart => ({ kind: "text", text: words });
const thinking = (words: string): ModelPart => ({ kind: "thinking", text: words });
const FINISH: ModelPart = { kind: "finish", reason: "stop" };
type Step = ModelPart | "end" | Error;

/** Pieces that come when the test says so. */
function openSource() {
  const clock = new ManualClock();
  const arrived: Step[] = [];
  const state = { isLeft: false };
  let wake = () => {};
  async function* pieces(): AsyncGenerator<ModelPart> {
    try {
      for (;;) {
        const step = arrived.shift();
        if (step === "end") return;
        if (step instanceof Error) throw step;
        if (step === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else yield step;
      }
    } finally {
      state.isLeft = true;
    }
  }
  const say = async (...steps: readonly Step[]) => {
    arrived.push(...steps);
    wake();
    await settle();
  };
  return { clock, pieces: pieces(), say, state };
}

/** An answer that is read as fast as it comes. */
function openAnswer(pace = PACE) {
  const { clock, pieces, say, state } = openSource();
  const parts = paceParts(pieces, pace, clock);
  const out: ModelPart[] = [];
  const over = (async () => {
    for await (const part of parts) out.push(part);
  })();
  over.catch(() => {});
  return { clock, out, over, parts, say, state };
}

describe("paceParts()", () => {
  test("lets the first piece go at once, and together what follows within the interval", async () => {
    const { clock, out, say } = openAnswer();
    await say(text("a"));
    expect(out).toEqual([text("a")]);
    await say(text("b"));
    await clock.advance(39);
    await say(text("c"));
    expect(out).toEqual([text("a")]);
    await clock.advance(1);
    expect(out).toEqual([text("a"), text("bc")]);
  });

  test("lets a piece go at once that comes after a pause", async () => {
    const { clock, out, say } = openAnswer();
    await say(text("a"));
    await clock.advance(40);
    await say(text("b"));
    expect(out).toEqual([text("a"), text("b")]);
    await say(text("c"));
    expect(out).toHaveLength(2);
  });

  test("holds no more text than it may", async () => {
    const { out, say } = openAnswer({ ...PACE, deltaMaxChars: 4 });
    await say(text("a"), text("bc"), text("de"), text("f"));
    expect(out).toEqual([text("a"), text("bcde")]);
  });

  test("puts nothing together that is not of one kind, and lets everything else go at once, behind what is held", async () => {
    const { out, over, say } = openAnswer();
    await say(thinking("a"), thinking("b"), text("c"), text("d"), FINISH, "end");
    await over;
    expect(out).toEqual([thinking("a"), thinking("b"), text("cd"), FINISH]);
  });

  test.each([
    ["ends without a word", "end", { status: "fulfilled" }],
    ["fails", new Error("cut"), { status: "rejected", reason: new Error("cut") }],
  ] as const)("lets what is held go when the answer %s", async (_how, end, outcome) => {
    const { clock, out, over, say } = openAnswer();
    await say(text("a"), text("b"), end);
    expect(await Promise.allSettled([over])).toMatchObject([outcome]);
    expect(out).toEqual([text("a"), text("b")]);
    expect(clock.waiting).toBe(0);
  });

  test("leaves the answer with whoever leaves it, and no timer behind", async () => {
    const { clock, parts, say, state } = openAnswer();
    await say(text("a"), text("b"));
    void parts[Symbol.asyncIterator]().return?.();
    await say("end");
    await clock.advance(40);
    expect([state.isLeft, clock.waiting]).toEqual([true, 0]);
  });

  test("loses nothing of what comes while whoever reads is busy", async () => {
    const { clock, say, pieces } = openSource();
    const reading = paceParts(pieces, PACE, clock)[Symbol.asyncIterator]();
    const first = reading.next();
    await say(text("a"));
    const second = reading.next();
    await say(text("b"));
    await clock.advance(40);
    await say(text("c"), "end");
    await clock.advance(40);
    const rest = [await reading.next(), await reading.next()];
    expect([await first, await second, ...rest].map(({ value }) => value)).toEqual([
      text("a"),
      text("b"),
      text("c"),
      undefined,
    ]);
  });

  test("passes every piece by itself where there is no interval", async () => {
    const { out, over, say } = openAnswer({ ...PACE, deltaIntervalMs: 0 });
    await say(text("a"), text("b"), FINISH, "end");
    await over;
    expect(out).toEqual([text("a"), text("b"), FINISH]);
  });

  test("says the same words of the same kinds in the same order, whatever comes when", async () => {
    const part = fc.oneof(fc.string({ minLength: 1 }).map(text), fc.string({ minLength: 1 }).map(thinking));
    const step = fc.record({ part, waitMs: fc.integer({ min: 0, max: 60 }) });
    const joined = (parts: readonly ModelPart[]) =>
      parts.reduce<{ kind: string; text: string }[]>((all, one) => {
        const last = all.at(-1);
        if (one.kind !== "text" && one.kind !== "thinking") return all;
        if (last?.kind === one.kind) last.text += one.text;
        else all.push({ ...one });
        return all;
      }, []);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { clock, out, over, say } = openAnswer({ ...PACE, deltaMaxChars: 8 });
        for (const { part: piece, waitMs } of steps) {
          await say(piece);
          await clock.advance(waitMs);
        }
        await say("end");
        await over;
        expect(joined(out)).toEqual(joined(steps.map(({ part: piece }) => piece)));
        expect(clock.waiting).toBe(0);
      }),
    );
  });
});
