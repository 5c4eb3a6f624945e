/** The client of a Runtime elsewhere keeps the Runtime contract, over real sockets. */
import { ManualClock, settle } from "../support/manual-clock.ts";
import { ensureCompanion, openRuntimeFixture, type FixtureOptions } from "../support/runtime-fixture.ts";
import type { RuntimeSubject, SubjectOptions } from "../support/runtime-subject.ts";
import { serveRuntime } from "../support/served-runtime.ts";
import { runtimeSuite } from "./runtime-suite.ts";

async function createSubject(options: SubjectOptions & FixtureOptions = {}): Promise<RuntimeSubject> {
  const clock = options.clock ?? new ManualClock();
  const { runtime, model, store } = await openRuntimeFixture({ ...options, clock });
  const workerId = await ensureCompanion(runtime);
  const served = await serveRuntime(runtime);
  const even = async () => {
    await settle();
    await served.even();
  };
  return {
    runtime: served.remote,
    workerId,
    clock,
    model,
    settle: even,
    async advance(ms) {
      await even();
      await clock.advance(ms);
      await even();
    },
    shutDown: async () => runtime[Symbol.asyncDispose](),
    // The process before is not asked to end; it only never gets a turn again.
    restart: () => createSubject({ ...options, scripts: [], store, clock, seed: 2 }),
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await runtime[Symbol.asyncDispose]();
    },
  };
}

runtimeSuite("the client of a Runtime elsewhere", createSubject, { inProcess: false, restart: true });
