/**
 * What a Worker's log should be: an array.
 *
 * Owns everything that was published, in order, with the epoch of each event and whether it is gone, and the answers that
 * follow from that.
 */
import { Event } from "../../../protocol/event.ts";
import { fold } from "../../../protocol/fold.ts";
import { emptyTranscript, type Transcript } from "../../../protocol/transcript.ts";
import { formatCursor } from "../../../runtime/log-cursor.ts";

/** One event that was published. */
export interface ModelEvent {
  readonly position: number;
  readonly epoch: string;
  readonly ts: number;
  readonly payload: string;
}

/** The array, and what was lost of it. */
export class LogModel {
  events: ModelEvent[] = [];
  /** Cursors of events that are gone, and that nobody may go on from. */
  readonly lost: string[] = [];
  /** Every epoch there was. */
  readonly epochs = new Set<string>();
  epoch: string;
  /** Whether the next event begins a new epoch: it must where events may have been lost, and it may after any unclean end. */
  newEpoch: "must" | "may" | "must_not" = "must_not";

  constructor(epoch: string) {
    this.epoch = epoch;
    this.epochs.add(epoch);
  }

  get head(): number {
    return this.events.length;
  }

  /** The cursor of a position. */
  cursorAt(position: number): string {
    const event = this.events[position - 1];
    return formatCursor(event?.epoch ?? this.events[0]?.epoch ?? this.epoch, position);
  }

  /** The state after a position. */
  stateAt(position: number): Transcript {
    return this.events
      .slice(0, position)
      .reduce((state, { payload, ts }) => fold(state, Event.parse(JSON.parse(payload)), ts), emptyTranscript());
  }

  publish(events: readonly Event[], ts: number, epoch: string): void {
    const isNew = epoch !== this.epoch;
    if (isNew && this.epochs.has(epoch)) throw new Error(`The epoch ${epoch} has come back`);
    if (isNew && this.newEpoch === "must_not") throw new Error(`The epoch became ${epoch} although nothing was lost`);
    if (!isNew && this.newEpoch === "must") throw new Error(`The epoch is still ${epoch}, and a tail may be lost`);
    if (isNew) this.newEpoch = "must_not";
    this.epoch = epoch;
    this.epochs.add(epoch);
    for (const event of events) {
      this.events.push({ position: this.head + 1, epoch, ts, payload: JSON.stringify(event) });
    }
  }

  /** The log goes on after `head`: what came behind it is gone. */
  lose(head: number, epoch: string): void {
    for (const { position, epoch: of } of this.events.splice(head)) this.lost.push(formatCursor(of, position));
    this.epoch = epoch;
  }
}
