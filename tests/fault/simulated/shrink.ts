/** Makes a failing schedule smaller: takes steps out of it for as long as it still fails. */
import type { Schedule, TimedStep } from "./schedule.ts";

/** The smallest schedule found that `fails` as well. */
export function shrink(schedule: Schedule, fails: (smaller: Schedule) => boolean): Schedule {
  let smallest = schedule;
  for (let size = Math.ceil(smallest.steps.length / 2); size >= 1;) {
    const smaller = withoutSome(smallest.steps, size)
      .map((steps) => ({ ...smallest, steps }))
      .find((candidate) => fails(candidate));
    if (smaller !== undefined) smallest = smaller;
    else size = size === 1 ? 0 : Math.ceil(size / 2);
  }
  return smallest;
}

/** Every way to leave out `size` steps in a row. The first step lets the first viewer join: without it there is no run. */
function withoutSome(steps: readonly TimedStep[], size: number): readonly TimedStep[][] {
  return steps.flatMap((_step, first) =>
    first === 0 || first + size > steps.length ? [] : [[...steps.slice(0, first), ...steps.slice(first + size)]],
  );
}
