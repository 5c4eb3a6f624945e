/**
 * A Runtime whose Workers publish what a test says.
 *
 * Owns the Runtime's side of an observation without models: real logs, real folds, real observation, over a memory store.
 * It can play a remote Runtime whose connection breaks.
 */
import type { Event } from "../../protocol/event.ts";
import { fold } from "../../protocol/fold.ts";
import { WorkerId } from "../../protocol/id.ts";
import type { ProblemError } from "../../protocol/problem.ts";
import { emptyTranscript, type Transcript } from "../../protocol/transcript.ts";
import type { Epochs } from "../../runtime/epochs.ts";
import { EventLog } from "../../runtime/event-log.ts";
import type { Limits } from "../../runtime/limits.ts";
import { observeWorker } from "../../runtime/observe.ts";
import type { ObservationStep, ObserveOptions, Runtime } from "../../runtime/runtime.ts";
import { createMemoryStore } from "../../runtime/store/memory.ts";
import type { ManualClock } from "./manual-clock.ts";
import { limitsWith, type LimitChanges } from "./runtime-fixture.ts";

interface EventWorker {
  readonly log: EventLog;
  readonly epochs: Epochs;
  transcript: Transcript;
}

interface Observation {
  readonly broken: AbortController;
  problem: ProblemError | null;
}

/** A Runtime for tests of whoever observes one. */
export class EventRuntime implements Pick<Runtime, "kind" | "observe"> {
  readonly kind: Runtime["kind"];
  /** How often an observation was begun. */
  observeCalls = 0;
  /** Answers the next observations with these problems instead of events. */
  readonly refusals: ProblemError[] = [];
  readonly #clock: ManualClock;
  readonly #limits: Limits;
  readonly #store = createMemoryStore();
  readonly #workers = new Map<WorkerId, EventWorker>();
  readonly #observations = new Set<Observation>();
  readonly #ending = new AbortController();
  #held: Promise<void> = Promise.resolve();

  constructor(options: {
    readonly clock: ManualClock;
    readonly kind?: Runtime["kind"];
    readonly limits?: LimitChanges;
  }) {
    this.#clock = options.clock;
    this.kind = options.kind ?? "embedded";
    this.#limits = limitsWith(options.limits);
  }

  /** Adds a Worker; each has an epoch of its own. */
  async addWorker(name: string): Promise<WorkerId> {
    const workerId = WorkerId.parse(name);
    const epoch = (0x3f9a_0000 + this.#workers.size + 1).toString(16);
    await this.#store.putWorker({
      workerId,
      displayName: name,
      profile: { kind: "runtime_default" },
      lifecycle: "running",
      epoch,
      formerEpochs: [],
      createdTs: this.#clock.now(),
    });
    const log = new EventLog({
      workerId,
      store: this.#store,
      limits: this.#limits.worker,
      kept: [],
      head: 0,
      oldest: 1,
      renewal: () => null,
      onRenewed: () => {},
    });
    const worker = { log, epochs: { epoch, formerEpochs: [] }, transcript: emptyTranscript() };
    log.onPublish((published) => {
      for (const { event, record } of published) worker.transcript = fold(worker.transcript, event, record.ts);
    });
    this.#workers.set(workerId, worker);
    return workerId;
  }

  /** Publishes events together. Resolves when they are readable. */
  async publish(workerId: WorkerId, ...events: readonly Event[]): Promise<void> {
    if (events.length > 0) await this.#find(workerId).log.append(events, this.#clock.now());
  }

  transcript(workerId: WorkerId): Transcript {
    return this.#find(workerId).transcript;
  }

  log(workerId: WorkerId): EventLog {
    return this.#find(workerId).log;
  }

  /** Breaks every observation that is under way, as a lost connection does. */
  breakConnections(problem: ProblemError): void {
    for (const observation of this.#observations) {
      observation.problem = problem;
      observation.broken.abort();
    }
  }

  /** Lets observations that begin from now on give nothing until they are released. */
  hold(): { release(): void } {
    const held = Promise.withResolvers<void>();
    this.#held = held.promise;
    return { release: held.resolve };
  }

  /** Ends as a Runtime that closes does. */
  close(): void {
    this.#ending.abort();
  }

  async *observe(workerId: WorkerId, { cursor, signal }: ObserveOptions): AsyncGenerator<ObservationStep, void, void> {
    this.observeCalls += 1;
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    await this.#held;
    const observation: Observation = { broken: new AbortController(), problem: null };
    this.#observations.add(observation);
    try {
      const context = {
        limits: this.#limits.worker,
        maxEventBatch: this.#limits.runtime.maxEventBatch,
        ending: this.#ending.signal,
        isForeign: (epoch: string) => [...this.#workers.values()].some(({ epochs }) => epochs.epoch === epoch),
        now: () => this.#clock.now(),
      };
      yield* observeWorker(this.#find(workerId), context, {
        signal: AbortSignal.any([signal, observation.broken.signal]),
        ...(cursor === undefined ? {} : { cursor }),
      });
      if (observation.problem !== null) throw observation.problem;
    } finally {
      this.#observations.delete(observation);
    }
  }

  #find(workerId: WorkerId): EventWorker {
    const worker = this.#workers.get(workerId);
    if (worker === undefined) throw new RangeError(`Cannot find Worker "${workerId}" in the test's Runtime`);
    return worker;
  }
}
