/**
 * A Worker's log, to be asked what stood where.
 *
 * Owns the look-up by cursor and the state at each event. Events that a machine took with it are in it as well: viewers
 * may have seen them. It looks inside cursors, as only a judge may.
 */
import { Event, type Greeting } from "../../protocol/event.ts";
import { fold } from "../../protocol/fold.ts";
import { emptyTranscript, type Transcript } from "../../protocol/transcript.ts";
import { passThrough, type ObservationPolicy } from "../../server/policy.ts";
import type { LoggedEvent } from "./checker.ts";

const CURSOR = /wo_([0-9a-f]{8})([0-9a-f]{8})$/;

/** The Runtime's cursor inside a viewer's. */
export const innerCursor = (cursor: string): string => CURSOR.exec(cursor)?.[0] ?? cursor;

/** The position that a cursor names, or NaN. */
export const positionOf = (cursor: string): number => Number.parseInt(CURSOR.exec(cursor)?.[2] ?? "", 16);

/** An event of which viewers are shown nothing. */
const WITHHELD = "";

/** A log by cursor, as a policy shows it. */
export class LogIndex {
  readonly #events: readonly LoggedEvent[];
  readonly #empty: Transcript;
  readonly #places = new Map<string, number>();
  readonly #states: Transcript[] = [];

  constructor(events: readonly LoggedEvent[], greeting: Greeting, policy: ObservationPolicy) {
    this.#events = policy === passThrough ? events : events.map((event) => shown(event, policy));
    this.#empty = policy.showTranscript(emptyTranscript(greeting));
    events.forEach(({ cursor }, place) => this.#places.set(innerCursor(cursor), place));
  }

  /** Where a cursor's event stands; -1 for the position before the first; undefined where it is none of this log. */
  placeOf(cursor: string): number | undefined {
    return positionOf(cursor) === 0 ? -1 : this.#places.get(innerCursor(cursor));
  }

  at(place: number): LoggedEvent | undefined {
    return this.#events[place];
  }

  /** The events that stand between two places, survived and are shown. */
  between(from: number, to: number): readonly LoggedEvent[] {
    return this.#events.slice(from + 1, to).filter(({ isLost, payload }) => !isLost && payload !== WITHHELD);
  }

  /**
   * When a piece of text became whole in a later event, epoch milliseconds; undefined: it did not. The whole may come after
   * pieces that are there: who reads while pieces are let go has read some of them.
   */
  wholeSince(place: number): number | undefined {
    const whole = WHOLE[nameOf(this.#events[place])];
    if (whole === undefined) return undefined;
    return this.#events.slice(place + 1).find((event) => nameOf(event) === whole)?.ts;
  }

  /** The Worker's state after the event at a place. */
  stateAt(place: number): Transcript {
    for (let index = this.#states.length; index <= place; index += 1) {
      const event = this.#events[index];
      if (event === undefined) throw new RangeError(`Cannot tell the state at ${index}: the log ends before`);
      const base = this.#baseOf(index);
      const { payload, ts } = event;
      this.#states.push(payload === WITHHELD ? base : fold(base, Event.parse(JSON.parse(payload)), ts));
    }
    return this.#states[place] ?? this.#empty;
  }

  /** The state before an event: what was lost later is part of it, what was gone by then is not. */
  #baseOf(index: number): Transcript {
    for (let place = index - 1; place >= 0; place -= 1) {
      const { isLost = true, lostAfter = 0 } = this.#events[place] ?? {};
      if (!isLost || lostAfter > index) return this.#states[place] ?? this.#empty;
    }
    return this.#empty;
  }
}

function shown(logged: LoggedEvent, policy: ObservationPolicy): LoggedEvent {
  const event = Event.parse(JSON.parse(logged.payload));
  const shownEvent = policy.showEvent(event);
  // What is not hidden goes out byte for byte.
  if (shownEvent === event) return logged;
  return { ...logged, payload: shownEvent === null ? WITHHELD : JSON.stringify(shownEvent) };
}

/** Pieces of text, by the event that has them whole. */
const WHOLE: Readonly<Record<string, string>> = {
  text_delta: "text_done",
  thinking_delta: "thinking_done",
  tool_call_args_delta: "tool_call_done",
};

const NAME = /^\{"event":"([a-z_]+)"/;

const nameOf = (event: LoggedEvent | undefined): string => NAME.exec(event?.payload ?? "")?.[1] ?? "";
