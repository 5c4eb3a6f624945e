/** The embedded Runtime keeps the Runtime contract. */
import { ManualClock, settle } from "../support/manual-clock.ts";
import { ensureCompanion, openRuntimeFixture, type FixtureOptions } from "../support/runtime-fixture.ts";
import type { RuntimeSubject, SubjectOptions } from "../support/runtime-subject.ts";
import { runtimeSuite } from "./runtime-suite.ts";

async function createSubject(options: SubjectOptions & FixtureOptions = {}): Promise<RuntimeSubject> {
  const clock = options.clock ?? new ManualClock();
  const { runtime, model, store } = await openRuntimeFixture({ ...options, clock });
  return {
    runtime,
    workerId: await ensureCompanion(runtime),
    clock,
    model,
    settle,
    advance: (ms) => clock.advance(ms),
    shutDown: async () => runtime[Symbol.asyncDispose](),
    // The process before is not asked to end; it only never gets a turn again.
    restart: () => createSubject({ ...options, scripts: [], store, clock, seed: 2 }),
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  };
}

runtimeSuite("the embedded Runtime", createSubject, { inProcess: true, restart: true });
