/** What is simulated holds, whatever the seed; a seed is a run; a failing run becomes smaller. */
import { describe, expect, test } from "vitest";
import { createSchedule } from "./schedule.ts";
import { shrink } from "./shrink.ts";
import { simulate } from "./simulate.ts";

const SCHEDULES = 20_000;

describe("The simulation", () => {
  test(`finds nothing wrong in ${SCHEDULES} schedules`, async () => {
    const half = String(SCHEDULES / 2);
    const [even, odd] = await Promise.all([
      simulate(["--from", "2", "--stride", "2", "--schedules", half]),
      simulate(["--from", "1", "--stride", "2", "--schedules", half]),
    ]);
    expect(even.failed, even.output).toEqual([]);
    expect(odd.failed, odd.output).toEqual([]);
    expect(even.runs + odd.runs).toBe(SCHEDULES);
  });

  test("is the same run for the same seed, and another for another", async () => {
    const digests = await Promise.all(["7", "7", "8"].map(async (seed) => (await simulate(["--seed", seed])).digest));
    expect(digests[0]).toBe(digests[1]);
    expect(digests[0]).not.toBe(digests[2]);
  });

  test("prints a failing seed, its smallest schedule and how to have it again", async () => {
    const { output, failed } = await simulate(["--seed", "2"], "catch-up-drops-the-last");
    expect(failed.map(({ seed }) => seed)).toEqual([2]);
    expect(output).toContain("Seed 2 fails.");
    expect(output).toContain("npm run fault:simulate -- --seed 2");
    const steps = output.split("\n").filter((line) => /^ +\d+ ms {2}\{/.test(line));
    expect(steps.length).toBeGreaterThan(0);
    expect(steps.length).toBeLessThan(createSchedule(2).steps.length);
  });
});

describe("shrink()", () => {
  const withSteps = (count: number) => {
    const join = { atMs: 0, step: { kind: "join", hides: false } } as const;
    return {
      ...createSchedule(1),
      steps: [join, ...Array.from({ length: count }, (_, index) => ({ ...join, atMs: index + 1 }))],
    };
  };

  test("leaves the steps without which the schedule does not fail, and the first", () => {
    const smallest = shrink(withSteps(12), ({ steps }) =>
      [3, 9].every((atMs) => steps.some((one) => one.atMs === atMs)),
    );
    expect(smallest.steps.map(({ atMs }) => atMs)).toEqual([0, 3, 9]);
  });

  test("leaves a schedule as it is that fails only as a whole", () => {
    const whole = withSteps(5);
    expect(shrink(whole, ({ steps }) => steps.length === 6)).toEqual(whole);
  });
});
