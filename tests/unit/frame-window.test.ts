/** The window of frames, against a plain list that does the same. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RuntimeCursor } from "../../protocol/cursor.ts";
import { FrameWindow, type WindowFrame, type WindowLimits } from "../../server/frame-window.ts";

const cursor = (position: number) => RuntimeCursor.parse(`wo_${position}`);
const frame = (position: number, chars = 1): WindowFrame => ({ cursor: cursor(position), text: "x".repeat(chars) });
const frames = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => frame(from + index));

const open = (before: number, limits: Partial<WindowLimits> = {}) =>
  new FrameWindow(cursor(before), { windowFrames: 100, windowChars: 1_000_000, writeChars: 1_000_000, ...limits });

/** The positions that follow a cursor, as a viewer would read them. */
function following(window: FrameWindow, after: number): (string | undefined)[] | null {
  const start = window.after(cursor(after));
  if (start === null) return null;
  return Array.from({ length: window.end - start }, (_, index) => window.at(start + index)?.cursor);
}

/** What is written from a number on, one write after another. */
function written(window: FrameWindow, from: number) {
  const writes: { readonly texts: readonly string[]; readonly cursor: RuntimeCursor | null }[] = [];
  let number = from;
  for (let stretch = window.stretchFrom(number); stretch !== null; stretch = window.stretchFrom(number)) {
    writes.push({ texts: stretch.batch.texts, cursor: stretch.cursor });
    number = stretch.end;
  }
  return { writes, end: number };
}

describe("FrameWindow", () => {
  test("knows where it starts before the first frame", () => {
    const window = open(5);
    expect([window.start, window.end, window.before, window.after(cursor(5)), window.after(cursor(4))]).toEqual([
      0,
      0,
      "wo_5",
      0,
      null,
    ]);
    expect(window.at(0)).toBe(undefined);
  });

  test("gives each frame a number that stays, and forgets the oldest first", () => {
    const window = open(0, { windowFrames: 3 });
    for (const one of frames(1, 5)) window.push(one);
    expect([window.start, window.end, window.before]).toEqual([2, 5, "wo_2"]);
    expect([window.at(1), window.at(2)?.cursor, window.at(4)?.cursor, window.at(5)]).toEqual([
      undefined,
      "wo_3",
      "wo_5",
      undefined,
    ]);
    expect(following(window, 2)).toEqual(["wo_3", "wo_4", "wo_5"]);
    expect(following(window, 1)).toBe(null);
  });

  test("is bounded by size, also by a frame that is larger than all", () => {
    const window = open(0, { windowChars: 10 });
    for (const one of frames(1, 3)) window.push(one);
    window.push(frame(4, 9));
    expect(following(window, 2)).toEqual(["wo_3", "wo_4"]);
    window.push(frame(5, 11));
    expect([window.start, window.end, window.before, window.at(4)]).toEqual([5, 5, "wo_5", undefined]);
    window.push(frame(6));
    expect(following(window, 5)).toEqual(["wo_6"]);
  });

  test("counts a withheld frame as a position without a size", () => {
    const window = open(0, { windowChars: 2 });
    window.push({ cursor: cursor(1), text: null });
    for (const one of frames(2, 3)) window.push(one);
    expect(following(window, 0)).toEqual(["wo_1", "wo_2", "wo_3"]);
  });

  test("takes older frames in front without renumbering the others", () => {
    const window = open(5);
    for (const one of frames(6, 7)) window.push(one);
    const number = window.after(cursor(6));
    window.prepend(frames(3, 5), cursor(2));
    expect(window.after(cursor(6))).toBe(number);
    expect(following(window, 2)).toEqual(["wo_3", "wo_4", "wo_5", "wo_6", "wo_7"]);
    expect(window.before).toBe("wo_2");
  });

  test("keeps of older frames as many as fit", () => {
    const window = open(5, { windowFrames: 4 });
    for (const one of frames(6, 7)) window.push(one);
    window.prepend(frames(1, 5), cursor(0));
    expect(following(window, 3)).toEqual(["wo_4", "wo_5", "wo_6", "wo_7"]);
    expect(following(window, 0)).toBe(null);
  });

  test("gives as much as one write takes, or one frame that is longer", () => {
    const window = open(0, { writeChars: 5 });
    for (const [index, chars] of [2, 3, 1, 9, 1].entries()) window.push(frame(index + 1, chars));
    const texts = written(window, 0).writes.map((write) => write.texts.map((text) => text.length));
    expect(texts).toEqual([[2, 3], [1, 9], [1]]);
  });

  test("gives the same bytes to all who stand at the same place, until there is more", () => {
    const window = open(0);
    window.push(frame(1, 3));
    const stretch = window.stretchFrom(0);
    expect(window.stretchFrom(0)?.batch.frames).toBe(stretch?.batch.frames);
    window.push(frame(2, 4));
    expect(window.stretchFrom(0)?.batch.texts).toEqual(["xxx", "xxxx"]);
    expect(stretch?.batch.texts).toEqual(["xxx"]);
  });

  test("passes what is not shown, and names the newest position that is", () => {
    const window = open(0);
    const hidden = (position: number) => ({ cursor: cursor(position), text: null });
    for (const one of [hidden(1), frame(2), hidden(3)]) window.push(one);
    expect(written(window, 0)).toEqual({ writes: [{ texts: ["x"], cursor: "wo_2" }], end: 3 });
    expect(written(window, 2)).toEqual({ writes: [{ texts: [], cursor: null }], end: 3 });
  });

  test("has nothing to write before its start and behind its end", () => {
    const window = open(0, { windowFrames: 1 });
    for (const one of frames(1, 3)) window.push(one);
    expect([window.stretchFrom(1), window.stretchFrom(3)]).toEqual([null, null]);
    expect(window.stretchFrom(2)?.batch.texts).toEqual(["x"]);
  });

  test("does what a plain list does, whatever is put where", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("push" as const), chars: fc.integer({ min: 0, max: 9 }) }),
      fc.record({ kind: fc.constant("withhold" as const) }),
      fc.record({ kind: fc.constant("prepend" as const), count: fc.integer({ min: 1, max: 6 }) }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 20 }),
        (steps, windowFrames, windowChars, writeChars) => {
          const first = 1_000;
          const window = open(first, { windowFrames, windowChars, writeChars });
          let list: WindowFrame[] = [];
          let newest = first;
          let before = first;
          const bound = () => {
            const size = () => list.reduce((sum, { text }) => sum + (text?.length ?? 0), 0);
            while (list.length > windowFrames || size() > windowChars) {
              list.shift();
              before += 1;
            }
          };
          for (const one of steps) {
            if (one.kind === "push") {
              newest += 1;
              window.push(frame(newest, one.chars));
              list.push(frame(newest, one.chars));
            } else if (one.kind === "withhold") {
              newest += 1;
              const withheld = { cursor: cursor(newest), text: null };
              window.push(withheld);
              list.push(withheld);
            } else {
              const older = frames(before - one.count + 1, before);
              before -= one.count;
              window.prepend(older, cursor(before));
              list = [...older, ...list];
            }
            bound();
            expect([window.before, window.end - window.start]).toEqual([cursor(before), list.length]);
            expect(following(window, before)).toEqual(list.map((kept) => kept.cursor));
            expect(following(window, before - 1)).toBe(null);
            const texts = written(window, window.start).writes.flatMap((write) => write.texts);
            const shown = (kept: readonly WindowFrame[]) => kept.flatMap(({ text }) => (text === null ? [] : [text]));
            expect(texts).toEqual(shown(list));
            for (let from = window.start - 1; from <= window.end; from += 1) {
              expect(window.countShown(from)).toBe(shown(list.slice(Math.max(0, from - window.start))).length);
            }
            expect(window.after(cursor(newest))).toBe(window.end);
          }
        },
      ),
    );
  });
});
