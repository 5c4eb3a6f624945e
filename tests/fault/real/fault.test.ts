/** The command's flags: what is no number is told, and nothing runs, rather than nothing being run and found sound. */
import { expect, test } from "vitest";
import { runFault } from "./fault.ts";

test.each([
  [["--schedules=-5"], "schedules", "-5"],
  [["--schedules", "0"], "schedules", "0"],
  [["--schedules", "1", "--lanes", "x"], "lanes", "x"],
  [["--crashes", "1", "--lanes", "0"], "lanes", "0"],
  [["--crashes", "1.5"], "crashes", "1.5"],
  [["--cuts=-1"], "cuts", "-1"],
  [["--memory", ""], "memory", ""],
  [["--schedules", "1", "--seed", "seven"], "seed", "seven"],
])("runFault() refuses %j in words", async (args, flag, text) => {
  await expect(runFault(args)).rejects.toThrow(
    new RangeError(`Cannot run faults: --${flag} takes a whole number from 1 on, as 10000, not "${text}"`),
  );
});
