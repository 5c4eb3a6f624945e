/** On which processors the bench may put its sides: those that are its own, which need not be the first. */
import { expect, test } from "vitest";
import { processorsIn } from "../bench/harness/processors.ts";

const statusWith = (list: string) => `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems:\t1\n`;

test.each([
  ["0", [0]],
  ["0-3", [0, 1, 2, 3]],
  ["5,7", [5, 7]],
  ["2-3,8,10-11", [2, 3, 8, 10, 11]],
])("processorsIn() reads %s", (list, processors) => {
  expect(processorsIn(statusWith(list))).toEqual(processors);
});

test("processorsIn() refuses a status without a list, rather than take the first processors", () => {
  expect(() => processorsIn("Name:\tnode\n")).toThrow(
    new Error("Cannot tell the processors of this process: its status has no list of them"),
  );
});
