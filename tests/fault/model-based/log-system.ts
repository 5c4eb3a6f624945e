/**
 * The real thing beside the model: a Worker over a store on a medium.
 *
 * Owns its opening and closing as the Runtime does both, and how its log is read.
 */
import { RuntimeCursor } from "../../../protocol/cursor.ts";
import { RuntimeId, WorkerId } from "../../../protocol/id.ts";
import type { Clock } from "../../../runtime/clock.ts";
import type { Limits } from "../../../runtime/limits.ts";
import { observeWorker } from "../../../runtime/observe.ts";
import type { Profile } from "../../../runtime/profile.ts";
import type { ObservedEvent } from "../../../runtime/runtime.ts";
import type { RuntimeStore, WorkerRecord } from "../../../runtime/store/store.ts";
import { Worker } from "../../../runtime/worker.ts";
import { limitsWith } from "../../support/runtime-fixture.ts";
import { createScriptedModel } from "../../support/scripted-model.ts";
import { storedWorkers } from "../../support/stored-workers.ts";
import { Chance } from "../simulated/seeded-chance.ts";
import type { Medium } from "./medium.ts";

/** The epoch of another Worker of the same Runtime. */
export const FOREIGN_EPOCH = "0f0f0f0f";
export const RETENTION_EVENTS = 20;
const RETENTION_DELTAS_MS = 1_000;
const WORKER_ID = WorkerId.parse("worker-a");
const FIRST_EPOCH = "3f9a01c2";

/** What reading gave, in order. */
export interface Reading {
  readonly snapshot: ObservedEvent | null;
  readonly events: readonly ObservedEvent[];
}

/** A Worker that can be let go of and opened again. */
export class LogSystem {
  readonly medium: Medium;
  readonly #limits: Limits = limitsWith({
    worker: { retentionEvents: RETENTION_EVENTS, retentionDeltasMs: RETENTION_DELTAS_MS, snapshotEntries: 10_000 },
  });
  readonly #random: Chance;
  nowMs = 1_782_700_000_000;
  readonly #clock: Clock = {
    now: () => this.nowMs,
    schedule: () => ({ [Symbol.dispose]() {} }),
    afterTurn: (callback) => queueMicrotask(callback),
  };
  #store: RuntimeStore | null = null;
  #worker: Worker | null = null;
  /** Whether there was an event since the store was opened. */
  hasWritten = false;
  /** Failures of the store; there must be none. */
  readonly failures: unknown[] = [];

  constructor(medium: Medium, seed: number) {
    this.medium = medium;
    this.#random = new Chance(seed, 1);
  }

  get worker(): Worker {
    if (this.#worker === null) throw new Error("Cannot use a Worker that is not open");
    return this.#worker;
  }

  /** Opens the store and the Worker in it, which is made where there is none. */
  async open(): Promise<void> {
    const store = await this.medium.open();
    this.#store = store;
    this.hasWritten = false;
    if ((await storedWorkers(store)).length === 0) await store.putWorker(this.#record());
    const [stored] = await storedWorkers(store);
    if (stored === undefined) throw new Error("Cannot open the Worker: the store has none");
    const model = createScriptedModel(this.#clock);
    const profile: Profile = { label: "Test", model, systemPrompt: () => "You are a test.", tools: [] };
    this.#worker = new Worker({
      ref: { runtime_id: RuntimeId.parse("lab"), worker_id: WORKER_ID },
      stored,
      profile,
      store,
      limits: this.#limits,
      clock: this.#clock,
      random: this.#random,
      continueInterrupted: false,
      onStoreFailed: (error) => this.failures.push(error),
    });
  }

  /** Ends as a process does that is asked to. */
  async close(): Promise<void> {
    await this.worker.interrupt();
    await this.#store?.[Symbol.asyncDispose]();
  }

  /** Everything from a cursor to the head; or a snapshot, and what follows it. */
  async read(cursor: string | null): Promise<Reading> {
    const ended = AbortSignal.abort();
    const context = {
      limits: this.#limits.worker,
      maxEventBatch: 7,
      ending: ended,
      isForeign: (epoch: string) => epoch === FOREIGN_EPOCH,
      now: () => this.nowMs,
    };
    let snapshot: ObservedEvent | null = null;
    const events: ObservedEvent[] = [];
    const options = { signal: new AbortController().signal };
    const position = cursor === null ? {} : { cursor: RuntimeCursor.parse(cursor) };
    for await (const step of observeWorker(this.worker, context, { ...options, ...position })) {
      if (step.kind === "snapshot") snapshot = step.event;
      else events.push(...step.events);
    }
    return { snapshot, events };
  }

  #record(): WorkerRecord {
    return {
      workerId: WORKER_ID,
      displayName: "A",
      profile: { kind: "runtime_default" },
      lifecycle: "running",
      epoch: FIRST_EPOCH,
      formerEpochs: [],
      createdTs: this.nowMs,
    };
  }
}
