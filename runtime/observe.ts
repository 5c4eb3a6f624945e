/**
 * Following one Worker's log.
 *
 * Owns what a cursor means to a log, the snapshot that an observer starts with, and the loop that hands on what was
 * published. The snapshot and the position that follows it are taken in one step, and so are "nothing more to read" and
 * "wake me": no event can fall between.
 */
import { ProblemError } from "../protocol/problem.ts";
import { boundTranscript, snapshotEvent } from "../protocol/transcript.ts";
import { epochAt, hasEpoch, isLost, type Epochs } from "./epochs.ts";
import { formatCursor, parseCursor, type Epoch } from "./log-cursor.ts";
import type { PublishedEvent } from "./event-log.ts";
import type { WorkerLimits } from "./limits.ts";
import type { ObservationStep, ObserveOptions, ObservedEvent } from "./runtime.ts";
import type { EventRecord } from "./store/store.ts";
import type { Worker } from "./worker.ts";

/** What an observation needs besides its Worker. */
export interface ObserveContext {
  readonly limits: Pick<WorkerLimits, "snapshotEntries" | "snapshotChars">;
  readonly maxEventBatch: number;
  /** Aborted when the Runtime ends: what was published by then is still handed on. */
  readonly ending: AbortSignal;
  /** Whether an epoch belongs to another Worker of this Runtime. */
  readonly isForeign: (epoch: Epoch) => boolean;
  readonly now: () => number;
}

/** What is observed of a Worker. */
export type ObservedWorker = Pick<Worker, "log" | "epochs" | "transcript">;

/** See `Runtime.observe`. */
export async function* observeWorker(
  worker: ObservedWorker,
  context: ObserveContext,
  { cursor, signal }: ObserveOptions,
): AsyncGenerator<ObservationStep, void, void> {
  const { log } = worker;
  let wake = () => {};
  /** What was published last, which nobody has to parse again. */
  let newest: readonly PublishedEvent[] = [];
  using _published = log.onPublish((published) => {
    newest = published;
    wake();
  });
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  context.ending.addEventListener("abort", onAbort);
  try {
    let position = cursor === undefined ? null : startPosition(worker, context, cursor);
    while (!signal.aborted) {
      if (position === null) {
        position = log.head;
        yield { kind: "snapshot", event: snapshot(worker, context) };
        continue;
      }
      const result = log.read(position, context.maxEventBatch);
      if (result.kind !== "events") {
        position = null;
        continue;
      }
      if (result.events.length === 0) {
        if (context.ending.aborted) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      position = result.events.at(-1)?.position ?? position;
      yield { kind: "events", events: result.events.map((record) => observed(worker.epochs, record, newest)) };
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    context.ending.removeEventListener("abort", onAbort);
  }
}

function observed(epochs: Epochs, record: EventRecord, newest: readonly PublishedEvent[]): ObservedEvent {
  const { position, ts, payload } = record;
  const cursor = formatCursor(epochAt(epochs, position), position);
  const published = newest[position - (newest[0]?.record.position ?? position)];
  return published?.record === record ? { cursor, ts, payload, event: published.event } : { cursor, ts, payload };
}

function snapshot(worker: ObservedWorker, { limits, now }: ObserveContext): ObservedEvent {
  const bounds = { maxEntries: limits.snapshotEntries, maxChars: limits.snapshotChars };
  const payload = JSON.stringify(snapshotEvent(boundTranscript(worker.transcript, bounds)));
  const { head } = worker.log;
  return { cursor: formatCursor(epochAt(worker.epochs, head), head), ts: now(), payload };
}

/** The position that a cursor names. */
function startPosition(worker: ObservedWorker, context: ObserveContext, cursor: string): number {
  const { log } = worker;
  const parsed = parseCursor(cursor);
  if (parsed === null) {
    throw new ProblemError("cursor_malformed", "cursor: it is not one that this Runtime has issued.");
  }
  if (parsed.kind === "oldest") return log.oldest - 1;
  if (!hasEpoch(worker.epochs, parsed.epoch)) {
    if (context.isForeign(parsed.epoch)) {
      throw new ProblemError("cursor_foreign", "cursor: it was issued for another Worker; connect without one.");
    }
    throw new ProblemError("cursor_unknown", "cursor: the log that it was issued for is gone; connect without one.");
  }
  if (isLost(worker.epochs, parsed.epoch, parsed.position)) {
    throw new ProblemError("cursor_unknown", "cursor: what it names was lost with its log's end; connect without one.");
  }
  const result = log.read(parsed.position, 0);
  switch (result.kind) {
    case "events":
      return parsed.position;
    case "expired":
      throw new ProblemError("cursor_expired", "cursor: what followed it is no longer kept; connect without one.");
    case "ahead":
      throw new ProblemError("cursor_unknown", "cursor: it is ahead of the log; connect without one.");
  }
}
