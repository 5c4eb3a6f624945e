/** The attack's command line: what is attacked, and what is said of a name that there is none of. */
import { expect, test } from "vitest";
import { parseCommandLine } from "../attack/command-line.ts";

test("parseCommandLine() attacks everything on every engine, or what is named", () => {
  expect(parseCommandLine([])).toEqual({
    targets: ["workspace", "runtime"],
    engines: ["node", "deno"],
    requests: 100_000,
    seed: 1,
  });
  const some = ["--only", "runtime", "--engines", "deno,node", "--requests", "20", "--seed", "7"];
  expect(parseCommandLine(some)).toEqual({ targets: ["runtime"], engines: ["node", "deno"], requests: 20, seed: 7 });
});

test.each([
  [["--only", "workspace,runtme"], 'Cannot attack "runtme": --only takes workspace, runtime, with commas between'],
  [["--only", ""], 'Cannot attack "": --only takes workspace, runtime, with commas between'],
  [["--engines", "bun,node,dino"], 'Cannot attack "bun, dino": --engines takes node, deno, with commas between'],
  [["--requests=-5"], 'Cannot attack: --requests takes a whole number from 1 on, not "-5"'],
  [["--seed", "x"], 'Cannot attack: --seed takes a whole number from 1 on, not "x"'],
])("parseCommandLine() refuses %j in words", (args, message) => {
  expect(() => parseCommandLine(args)).toThrow(new RangeError(message));
});
