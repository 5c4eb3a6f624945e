/** The bench's command line and its time-outs: which cases run, and what is said of one that stands still. */
import { expect, test } from "vitest";
import type { BenchCase } from "../bench/bench-case.ts";
import { parseCommandLine } from "../bench/command-line.ts";
import { within } from "../bench/harness/deadline.ts";

const run = async () => ({ tables: [], goals: [], notes: [] });
const quick: BenchCase = { name: "quick", run, profiled: "serving" };
const lasting: BenchCase = { name: "lasting", run };
const cases = [quick, lasting];

test("parseCommandLine() runs every case in order, or those that are named", () => {
  expect(parseCommandLine([], cases)).toEqual({
    cases,
    options: { isLong: false },
    runs: 1,
    profiled: "none",
    isWritten: false,
  });
  expect(parseCommandLine(["lasting", "--minutes", "2"], cases)).toEqual({
    cases: [lasting],
    options: { isLong: false, minutes: 2 },
    runs: 1,
    profiled: "none",
    isWritten: false,
  });
});

test("parseCommandLine() takes rounds and the long form, and writes only a case's own rounds", () => {
  expect(parseCommandLine(["quick", "--rounds", "3", "--long"], cases).options).toEqual({ isLong: true, rounds: 3 });
  expect(parseCommandLine(["--write"], cases).isWritten).toBe(true);
  expect(() => parseCommandLine(["--write", "--rounds", "3"], cases)).toThrow(
    new RangeError("Cannot write figures of other rounds than a case's own"),
  );
});

test("parseCommandLine() takes profiles alone, or after runs of the cases that miss a goal", () => {
  expect(parseCommandLine(["--profile"], cases)).toMatchObject({ cases: [quick], runs: 0, profiled: "all" });
  expect(parseCommandLine(["quick", "lasting", "--runs", "3", "--profile", "--write"], cases)).toMatchObject({
    cases,
    runs: 3,
    profiled: "missed",
    isWritten: true,
  });
});

test("parseCommandLine() writes the page of what is kept with --redraw, and measures nothing", () => {
  expect(parseCommandLine(["--redraw"], cases)).toMatchObject({ cases: [], runs: 0, isWritten: true });
});

test.each([
  [["slow"], "Cannot measure slow: the cases are quick, lasting"],
  [["--rounds", "none"], "Cannot measure: --rounds, --minutes and --runs take a whole number from 1 to 9999"],
  [["--runs", "0"], "Cannot measure: --rounds, --minutes and --runs take a whole number from 1 to 9999"],
  [["lasting", "--profile"], "Cannot profile lasting: there is nothing that explains its figures"],
  [["quick", "--redraw"], "Cannot measure: --redraw stands alone, it writes what is kept"],
])("parseCommandLine() refuses %j in words", (args, message) => {
  expect(() => parseCommandLine(args, cases)).toThrow(new RangeError(message));
});

test("parseCommandLine() refuses an option that there is none of", () => {
  expect(() => parseCommandLine(["--quickly"], cases)).toThrow(/^Cannot measure: .*--quickly/);
});

test("within() passes on what comes in time, and says what has not", async () => {
  await expect(within(Promise.resolve("here"), 60_000, "never told")).resolves.toBe("here");
  await expect(within(new Promise(() => {}), 1, 'the crowd has not answered "finish"')).rejects.toThrow(
    'Cannot measure: the crowd has not answered "finish" within 0.001 s',
  );
});
