/** The bench's command line and its time-outs: which cases run, and what is said of one that stands still. */
import { expect, test } from "vitest";
import type { BenchCase } from "../bench/bench-case.ts";
import { parseCommandLine } from "../bench/command-line.ts";
import { within } from "../bench/harness/deadline.ts";

const run = async () => ({ tables: [], goals: [], notes: [] });
const quick: BenchCase = { name: "quick", run };
const lasting: BenchCase = { name: "lasting", run, isByNameOnly: true };
const cases = [quick, lasting];

test("parseCommandLine() runs every case that need not be named, in order, and a named one", () => {
  expect(parseCommandLine([], cases)).toEqual({ cases: [quick], options: { isLong: false }, isWritten: false });
  expect(parseCommandLine(["lasting", "--minutes", "2"], cases)).toEqual({
    cases: [lasting],
    options: { isLong: false, minutes: 2 },
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

test.each([
  [["slow"], "Cannot measure slow: the cases are quick, lasting"],
  [["--rounds", "none"], "Cannot measure: --rounds and --minutes take a whole number from 1 to 9999"],
  [["--rounds", "0"], "Cannot measure: --rounds and --minutes take a whole number from 1 to 9999"],
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
