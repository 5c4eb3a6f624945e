/**
 * An observer that writes down what it gets.
 *
 * Owns the loop over `Runtime.observe` and the readings that tests make of it.
 */
import type { RuntimeCursor } from "../../protocol/cursor.ts";
import { Event } from "../../protocol/event.ts";
import { fold } from "../../protocol/fold.ts";
import type { WorkerId } from "../../protocol/id.ts";
import { emptyTranscript, type Transcript } from "../../protocol/transcript.ts";
import type { ObservedEvent, Runtime } from "../../runtime/runtime.ts";
import type { RuntimeSubject } from "./runtime-subject.ts";

/** What an observer got: a snapshot, or an event. */
export interface Received extends ObservedEvent {
  readonly kind: "snapshot" | "event";
}

/** An observation under way. */
export class Follower implements AsyncDisposable {
  readonly received: Received[] = [];
  readonly #ending = new AbortController();
  /** Resolves when the observation has ended by itself or was stopped; rejects with what ended it. */
  readonly ended: Promise<void>;

  constructor(runtime: Pick<Runtime, "observe">, workerId: WorkerId, cursor?: RuntimeCursor) {
    this.ended = this.#follow(runtime, workerId, cursor);
    this.ended.catch(() => {});
  }

  async #follow(runtime: Pick<Runtime, "observe">, workerId: WorkerId, cursor?: RuntimeCursor): Promise<void> {
    const { signal } = this.#ending;
    for await (const step of runtime.observe(workerId, { signal, ...(cursor === undefined ? {} : { cursor }) })) {
      if (step.kind === "snapshot") this.received.push({ kind: "snapshot", ...onWire(step.event) });
      else this.received.push(...step.events.map((event) => ({ kind: "event" as const, ...onWire(event) })));
    }
  }

  /** The events, parsed, without snapshots. */
  get events(): readonly Event[] {
    return this.received.filter(({ kind }) => kind === "event").map(({ payload }) => Event.parse(JSON.parse(payload)));
  }

  /** Their names in order, e.g. `["invoke_start", "user_message"]`; deltas that follow each other count once. */
  get names(): readonly string[] {
    return this.events.map(({ event }) => event).filter((name, index, all) => name !== all[index - 1]);
  }

  /** What this observer knows of the Worker. */
  get transcript(): Transcript {
    return foldReceived(this.received);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.ended.catch(() => {});
  }
}

/** What every observer gets. A Runtime may say besides how the payload reads, and must say the same then. */
function onWire({ event, ...observed }: ObservedEvent): ObservedEvent {
  if (event !== undefined && JSON.stringify(event) !== observed.payload) {
    throw new Error(`Cannot follow: ${observed.payload} does not read as ${JSON.stringify(event)}`);
  }
  return observed;
}

/** The state that received events give. */
export function foldReceived(received: readonly ObservedEvent[], start = emptyTranscript()): Transcript {
  return received.reduce((state, { payload, ts }) => fold(state, Event.parse(JSON.parse(payload)), ts), start);
}

/** Everything that a Worker's log still has. */
export async function readLog(
  subject: Pick<RuntimeSubject, "runtime" | "settle" | "workerId">,
  workerId = subject.workerId,
): Promise<readonly Received[]> {
  // why: the zero cursor is part of the contract; it is a constant of the wire.
  const follower = new Follower(subject.runtime, workerId, "wo_0000000000000000" as RuntimeCursor);
  await subject.settle();
  await follower.stop();
  return follower.received;
}
