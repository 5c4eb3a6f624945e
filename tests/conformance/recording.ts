/**
 * One run of a Worker, as an observer saw it.
 *
 * Owns the making of a recording: a new Worker, an observer before anything happens, one message, and all that is
 * published until the Worker rests again. Whether what was recorded is right is for the checks to say.
 */
import { isKnownEvent, type Event, type KnownEvent } from "../../protocol/event.ts";
import { must } from "./check.ts";
import { expectOk } from "./http.ts";
import type { Observer, SeenEvent } from "./observer.ts";
import { Body } from "./shapes.ts";
import type { Subject } from "./subject.ts";

/** A run that was observed. */
export interface Recording {
  readonly workerId: string;
  /** All frames of events, the first one included, whatever it is. */
  readonly all: readonly SeenEvent[];
  /** What was published after the observer had come. */
  readonly live: readonly SeenEvent[];
  /** The kinds of all frames. */
  readonly kinds: readonly string[];
}

/** The position before everything that is still kept. */
export const ZERO_CURSOR = "wo_0000000000000000";

/** How long an observer is waited for that is sent no snapshot. */
const FIRST_FRAME_MS = 2_000;

/** Records the first run of a new Worker. */
export async function recordRun(subject: Subject): Promise<Recording> {
  const { worker_id: workerId } = await subject.createWorker();
  const observer = subject.observe(workerId);
  await observer.opened();
  const firstFrameMs = Math.min(FIRST_FRAME_MS, subject.limits.requestTimeoutMs);
  // Whether a first frame comes is a check of its own.
  await observer.until("a first frame", ({ kinds }) => kinds.length > 0, firstFrameMs).catch(() => {});
  expectOk(await subject.send(workerId, subject.message), Body.input);
  await runEnded(observer, subject.limits.answerTimeoutMs);
  const all = [...observer.events];
  observer.discard();
  return { workerId, all, live: all.filter(({ event }) => event.event !== "snapshot"), kinds: observer.kinds };
}

/** Waits for the end of the run that an observer sees, and for all that belongs to it. */
export async function runEnded(observer: Observer, timeoutMs: number, runs = 1): Promise<void> {
  await observer.until("the end of a run", ({ events }) => endsOf(events) >= runs, timeoutMs);
  await observer.fence();
}

/** How often a Worker rested after a run. */
export function endsOf(events: readonly SeenEvent[]): number {
  let ends = 0;
  let isEnding = false;
  for (const { event } of events) {
    if (event.event === "run_end" || event.event === "error") isEnding = true;
    else if (isEnding && statusOf(event) !== null && statusOf(event) !== "running") {
      ends += 1;
      isEnding = false;
    }
  }
  return ends;
}

/** The status that an event tells, or null. */
export function statusOf(event: Event): string | null {
  return isKnownEvent(event) && event.event === "status" ? event.data.status : null;
}

/** All events of a name, in order. */
export function eventsOf<Name extends KnownEvent["event"]>(
  seen: readonly SeenEvent[],
  name: Name,
): readonly Extract<KnownEvent, { event: Name }>[] {
  return seen.flatMap(({ event }) =>
    // why: an event of a known name has been parsed as such.
    event.event === name ? [event as Extract<KnownEvent, { event: Name }>] : [],
  );
}

/** @throws Mismatch unless two streams are the same events in the same order */
export function mustBeSame(came: readonly SeenEvent[], wanted: readonly SeenEvent[], expected: string): void {
  const word = (seen: SeenEvent | undefined) =>
    seen === undefined ? "nothing" : `${seen.event.event} at ${seen.cursor}`;
  const length = Math.max(came.length, wanted.length);
  for (let index = 0; index < length; index += 1) {
    const one = came[index];
    const other = wanted[index];
    const isSame = one?.cursor === other?.cursor && one?.payload === other?.payload;
    must(isSame, `${expected}: ${word(other)} as event ${index + 1}`, () => `${word(one)} ${one?.payload ?? ""}`);
  }
}
