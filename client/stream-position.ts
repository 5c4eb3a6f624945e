/**
 * A viewer's position in a Worker's stream.
 *
 * Owns the newest cursor and which events have been seen, so that a resumed stream gives each event once. The console's
 * store and the client's `follow` both keep one; it knows nothing of sockets.
 */
import type { ClientCursor } from "../protocol/cursor.ts";
import { Event } from "../protocol/event.ts";
import type { ClientFrame } from "../protocol/frame.ts";
import type { WorkerRef } from "../protocol/id.ts";

/** An event with its envelope, as the socket carries it. */
export type Envelope = Extract<ClientFrame, { kind: "event" }>["envelope"];

/** What an envelope turned out to be. */
export type Taken =
  | { readonly kind: "event"; readonly event: Event }
  /** Seen before. */
  | { readonly kind: "duplicate" }
  /** Another Worker's. */
  | { readonly kind: "foreign" }
  /** Not an event that can be read. */
  | { readonly kind: "malformed" };

/** A position that moves on with what it takes. */
export interface StreamPosition {
  /** Where to go on; `undefined` asks for a snapshot. */
  readonly cursor: ClientCursor | undefined;
  /** Takes an event off the wire. A snapshot always counts, and everything before it is forgotten. */
  take(envelope: Envelope): Taken;
  /** Forgets the position: the next attempt asks for a snapshot. */
  drop(): void;
}

/** How many event ids are remembered; a resumed stream repeats at most what was in flight. */
const REMEMBERED_IDS = 4096;

/** A position at a cursor, or before everything. */
export function createStreamPosition(ref: WorkerRef, start: ClientCursor | undefined): StreamPosition {
  const seen = new Set<string>();
  let cursor = start;

  const remember = (eventId: string) => {
    seen.add(eventId);
    if (seen.size <= REMEMBERED_IDS) return;
    const oldest = seen.values().next();
    if (!oldest.done) seen.delete(oldest.value);
  };

  return {
    get cursor() {
      return cursor;
    },
    take(envelope) {
      if (envelope.runtime_id !== ref.runtime_id || envelope.worker_id !== ref.worker_id) return { kind: "foreign" };
      const parsed = Event.safeParse(envelope.payload);
      if (!parsed.success) {
        // The position moves on: asking for the same event again would give the same event again.
        cursor = envelope.cursor;
        return { kind: "malformed" };
      }
      const isSnapshot = parsed.data.event === "snapshot";
      if (!isSnapshot && seen.has(envelope.event_id)) return { kind: "duplicate" };
      if (isSnapshot) seen.clear();
      else remember(envelope.event_id);
      cursor = envelope.cursor;
      return { kind: "event", event: parsed.data };
    },
    drop() {
      cursor = undefined;
    },
  };
}
