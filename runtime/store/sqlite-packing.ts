/**
 * What is to be written, packed for its way to the store's thread.
 *
 * Owns the packed form. What goes from thread to thread is copied object by object, and nearly all that is written are
 * appended events: as columns they cost a third of what they cost one by one. Everything else goes as it is.
 */
import type { WorkerId } from "../../protocol/id.ts";
import type { WriteOperation } from "./sqlite-messages.ts";
import type { EventRecord } from "./store.ts";

/** An append that is only events. */
export type EventAppend = Extract<WriteOperation, { kind: "append" }>;

/** Operations in order. Those that are only events stand in columns. */
export interface PackedWrites {
  /** All others, at their places; null where an append belongs. */
  readonly others: readonly (WriteOperation | null)[];
  /** For each append. */
  readonly workerIds: readonly WorkerId[];
  readonly counts: readonly number[];
  /** For each event of all appends. */
  readonly positions: readonly number[];
  readonly times: readonly number[];
  readonly payloads: readonly string[];
}

/** Whether nothing goes with the events. */
export function isOnlyEvents(operation: WriteOperation): operation is EventAppend {
  if (operation.kind !== "append") return false;
  return operation.extras.record === undefined && operation.extras.submission === undefined;
}

/** For the way over. */
export function packWrites(operations: readonly WriteOperation[]): PackedWrites {
  const appends = operations.filter(isOnlyEvents);
  const events = appends.flatMap((append) => append.events);
  return {
    others: operations.map((operation) => (isOnlyEvents(operation) ? null : operation)),
    workerIds: appends.map(({ workerId }) => workerId),
    counts: appends.map((append) => append.events.length),
    positions: events.map(({ position }) => position),
    times: events.map(({ ts }) => ts),
    payloads: events.map(({ payload }) => payload),
  };
}

/** As they were before they were packed. */
export function unpackWrites(packed: PackedWrites): readonly WriteOperation[] {
  const { others, workerIds, counts, positions, times, payloads } = packed;
  let append = 0;
  let event = 0;
  const takeEvents = (count: number): readonly EventRecord[] =>
    Array.from({ length: count }, () => {
      const record = { position: positions[event] ?? 0, ts: times[event] ?? 0, payload: payloads[event] ?? "" };
      event += 1;
      return record;
    });
  return others.map((other) => {
    if (other !== null) return other;
    const workerId = workerIds[append];
    if (workerId === undefined) throw new RangeError("Packed writes name fewer Workers than they have appends");
    const events = takeEvents(counts[append] ?? 0);
    append += 1;
    return { kind: "append", workerId, events, extras: {} };
  });
}
