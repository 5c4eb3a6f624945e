/** Every planted bug is found within a thousand schedules, and the page on faults names them all. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { simulate } from "../simulated/simulate.ts";
import { MUTANTS } from "./mutants.ts";

const SCHEDULES = 1_000;
const MIN_MUTANTS = 20;

describe("The simulation, with a bug planted", () => {
  test("has enough of them, each with a name of its own", () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(MIN_MUTANTS);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  // Two at a time: each has a core.
  describe.concurrent("finds it", { concurrent: true }, () => {
    test.each(MUTANTS.map(({ name, what }) => [name, what] as const))("%s: %s", async (name) => {
      const args = ["--schedules", String(SCHEDULES), "--failures", "1", "--quiet"];
      const { failed, runs } = await simulate(args, name);
      expect(failed.length, `${name} survived ${runs} schedules`).toBe(1);
    });
  });

  test("is in the table of the page on faults, and nothing else is", () => {
    const page = readFileSync(new URL("../../../docs/faults.md", import.meta.url), "utf8");
    expect(page).toContain("survives a thousand schedules");
    const rows = page
      .split("\n")
      .flatMap((line) => /^\| `([a-z-]+)` \| (.*?) +\|$/.exec(line)?.slice(1, 3).join(": ") ?? []);
    expect(rows).toEqual(MUTANTS.map(({ name, what }) => `${name}: ${what}`));
  });
});
