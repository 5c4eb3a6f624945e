/** Every planted bug is found within a thousand schedules, or by the store's law, and the page on faults names them all. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { simulate } from "../simulated/simulate.ts";
import { LANE_MUTANTS, MUTANTS } from "./mutants.ts";

const SCHEDULES = 1_000;
const MIN_MUTANTS = 20;
const ALL = [...MUTANTS, ...LANE_MUTANTS];
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const MAX_MS = 120_000;

/** Whether the law of the SQLite store's two ways holds, in a process of its own. */
async function lawIs(mutant?: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "./tests/fault/simulated/register-hooks.mjs", "tests/fault/mutations/lane-main.ts"],
    {
      cwd: ROOT,
      timeout: MAX_MS,
      env: { PATH: process.env["PATH"], ...(mutant === undefined ? {} : { FAULT_MUTANT: mutant }) },
    },
  );
  return stdout.trim();
}

describe("The simulation, with a bug planted", () => {
  test("has enough of them, each with a name of its own", () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(MIN_MUTANTS);
    expect(new Set(ALL.map(({ name }) => name)).size).toBe(ALL.length);
  });

  // Two at a time: each has a core.
  describe.concurrent("finds it", { concurrent: true }, () => {
    test.each(MUTANTS.map(({ name, what }) => [name, what] as const))("%s: %s", async (name) => {
      const args = ["--schedules", String(SCHEDULES), "--failures", "1", "--quiet"];
      const { failed, runs } = await simulate(args, name);
      expect(failed.length, `${name} survived ${runs} schedules`).toBe(1);
    });
  });

  test.each(LANE_MUTANTS.map(({ name, what }) => [name, what] as const))(
    "finds it by the store's law: %s: %s",
    async (name) => {
      expect(await lawIs(name)).toBe("broken");
    },
  );

  test("finds nothing by the store's law where there is none", async () => {
    expect(await lawIs()).toBe("holds");
  });

  test("is in the table of the page on faults, and nothing else is", () => {
    const page = readFileSync(new URL("../../../docs/faults.md", import.meta.url), "utf8");
    expect(page).toContain("survives a thousand schedules");
    const rows = page
      .split("\n")
      .flatMap((line) => /^\| `([a-z-]+)` \| (.*?) +\|$/.exec(line)?.slice(1, 3).join(": ") ?? []);
    expect(rows).toEqual(ALL.map(({ name, what }) => `${name}: ${what}`));
  });
});
