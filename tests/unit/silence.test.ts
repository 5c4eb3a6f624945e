/** A provider that says nothing: what is counted from when. */
import { expect, test } from "vitest";
import type { ProblemError } from "../../protocol/problem.ts";
import { Silence } from "../../runtime/silence.ts";
import { ManualClock } from "../support/manual-clock.ts";

const LIMITS = { firstTokenTimeoutMs: 1_000, betweenChunksTimeoutMs: 100 };

function openSilence() {
  const clock = new ManualClock();
  const told: string[] = [];
  const silence = new Silence(clock, LIMITS, ({ code }: ProblemError) => told.push(code));
  return { clock, told, silence };
}

test("Silence waits for the first piece as long as that may take", async () => {
  const { clock, told } = openSilence();
  await clock.advance(999);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect([told, clock.waiting]).toEqual([["first_token_timeout"], 0]);
});

test("Silence counts from the last piece, however many came before", async () => {
  const { clock, told, silence } = openSilence();
  for (const waitMs of [0, 60, 60, 99, 1]) {
    await clock.advance(waitMs);
    silence.heard();
    expect(clock.waiting).toBe(1);
  }
  await clock.advance(99);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect([told, clock.waiting]).toEqual([["between_chunks_timeout"], 0]);
});

test.each([-3_600_000, 3_600_000])("Silence ends nothing early where the clock is set by %d ms", async (setMs) => {
  const manual = new ManualClock();
  let offsetMs = 0;
  const clock = {
    now: () => manual.now() + offsetMs,
    schedule: manual.schedule.bind(manual),
    afterTurn: manual.afterTurn.bind(manual),
  };
  const told: string[] = [];
  const silence = new Silence(clock, LIMITS, ({ code }: ProblemError) => told.push(code));
  silence.heard();
  await manual.advance(50);
  silence.heard();
  offsetMs = setMs;
  await manual.advance(100 - 1);
  expect([told, manual.waiting]).toEqual([[], 1]);
  await manual.advance(100);
  expect([told, manual.waiting]).toEqual([["between_chunks_timeout"], 0]);
});

test("Silence counts nothing while its hearer waits for somebody else, and anew from then on", async () => {
  const { clock, told, silence } = openSilence();
  silence.heard();
  await clock.advance(60);
  const { promise, resolve } = Promise.withResolvers<void>();
  const waited = silence.outside(promise);
  await clock.advance(1_000);
  expect([told, clock.waiting]).toEqual([[], 0]);
  resolve();
  await waited;
  await clock.advance(99);
  expect([told, clock.waiting]).toEqual([[], 1]);
  await clock.advance(1);
  expect([told, clock.waiting]).toEqual([["between_chunks_timeout"], 0]);
});

test("Silence counts nothing any more where that wait fails", async () => {
  const { clock, told, silence } = openSilence();
  silence.heard();
  const full = new Error("The disk is full");
  await expect(silence.outside(Promise.reject(full))).rejects.toBe(full);
  await clock.advance(1_000);
  expect([told, clock.waiting]).toEqual([[], 0]);
});

test("Silence leaves no timer behind", async () => {
  const { clock, told, silence } = openSilence();
  silence.heard();
  await clock.advance(100 - 1);
  silence[Symbol.dispose]();
  await clock.advance(1_000);
  expect([told, clock.waiting]).toEqual([[], 0]);
});
