/** A Worker's log over its store is like an array, whatever is done to it and however it is left and opened again. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { logCommands, tally } from "./log-commands.ts";
import { LogModel } from "./log-model.ts";
import { LogSystem } from "./log-system.ts";
import { createMemoryMedium, createSqliteMedium, type Medium } from "./medium.ts";

const MAX_COMMANDS = 100;
const SEED = 20_261_121;

async function runSteps(steps: number, ordinary: number, createMedium: (seed: number) => Medium): Promise<number> {
  tally.steps = 0;
  let run = 0;
  while (tally.steps < steps) {
    run += 1;
    const seed = SEED + run;
    const property = fc.asyncProperty(logCommands(MAX_COMMANDS, ordinary), async (commands) => {
      using medium = createMedium(seed);
      const system = new LogSystem(medium, seed);
      await system.open();
      try {
        const setup = () => ({ model: new LogModel(system.worker.epochs.epoch), real: system });
        await fc.asyncModelRun(setup, commands);
      } finally {
        await system.close();
      }
    });
    await fc.assert(property, { seed, numRuns: 4 });
  }
  return tally.steps;
}

describe("A log over its store", () => {
  test.each([
    ["in memory", 10_000, 1, createMemoryMedium],
    // A file that is opened starts a thread: it is closed more seldom.
    ["in a SQLite file", 1_200, 6, createSqliteMedium],
  ])("is like an array, %s, for %i steps", async (_name, steps, ordinary, createMedium) => {
    expect(await runSteps(steps, ordinary, createMedium)).toBeGreaterThanOrEqual(steps);
  });
});
