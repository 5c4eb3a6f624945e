/**
 * Frames: what an observation socket carries, on both hops.
 *
 * Owns the shapes only. A Runtime's frame names no Runtime; the Backend's does, and has a cursor of its own. The payload
 * is left unparsed here (`unknown`), so that each side decides how much of it it needs to read.
 */
import * as z from "zod/mini";
import { ClientCursor, RuntimeCursor } from "./cursor.ts";
import { RuntimeId, WorkerId } from "./id.ts";
import { epochMs, uint } from "./number.ts";

const EVENT_ID_MAX_CHARS = 300;
const eventId = z.string().check(z.minLength(1), z.maxLength(EVENT_ID_MAX_CHARS));

/** Why a stream ends: `{"code":"backend.cursor_unknown_or_expired","message":"…","problem":"cursor_expired"}`. */
export const StreamDiagnostic = z.looseObject({
  code: z.string(),
  message: z.string(),
  /** Ours: the code in the problem table, which tells apart what the reference's code does not. */
  problem: z.optional(z.string()),
});
export type StreamDiagnostic = z.infer<typeof StreamDiagnostic>;

const diagnosticFrame = z.looseObject({ kind: z.literal("diagnostic"), diagnostic: StreamDiagnostic });

/**
 * Runtime → Backend:
 * `{"kind":"event","envelope":{"cursor":"wo_…","event_id":"wo_…","worker_id":"companion","ts":1782…,"payload":{…}}}`.
 * A snapshot's `event_id` is `snapshot:` + its cursor. `heartbeat` is ours and as in {@link ClientFrame}: only for those
 * who ask for it, so that the reference's Backend never sees one.
 */
export const RuntimeFrame = z.discriminatedUnion("kind", [
  z.looseObject({
    kind: z.literal("event"),
    envelope: z.looseObject({
      cursor: RuntimeCursor,
      event_id: eventId,
      worker_id: WorkerId,
      /** Ours: when the Worker published it. */
      ts: z.optional(epochMs),
      payload: z.unknown(),
    }),
  }),
  diagnosticFrame,
  z.looseObject({
    kind: z.literal("heartbeat"),
    ts: epochMs,
    /** When the next one is due at the latest. */
    interval_ms: uint,
    /** Newest cursor of the stream: an observer that has it has everything. */
    cursor: RuntimeCursor,
  }),
]);
export type RuntimeFrame = z.infer<typeof RuntimeFrame>;

/**
 * Backend → viewer. `heartbeat` is sent only to viewers that asked for it (`?heartbeat=1`): first with `behind`, to one that
 * had missed something; when all of that has been sent; when what the viewer may do has changed; and at a steady pace, so
 * that a page can see that its link is alive.
 */
export const ClientFrame = z.discriminatedUnion("kind", [
  z.looseObject({
    kind: z.literal("event"),
    envelope: z.looseObject({
      cursor: ClientCursor,
      event_id: eventId,
      runtime_id: RuntimeId,
      worker_id: WorkerId,
      /** Ours: when the Worker published it. */
      ts: z.optional(epochMs),
      payload: z.unknown(),
    }),
  }),
  diagnosticFrame,
  z.looseObject({
    kind: z.literal("heartbeat"),
    ts: epochMs,
    /** When the next one is due at the latest. */
    interval_ms: uint,
    /** Newest position that the viewer has been sent: one that has it misses nothing so far. */
    cursor: ClientCursor,
    /** What keeps the Backend from hearing more; absent while it hears the Worker. It goes on trying. */
    upstream: z.optional(z.looseObject({ problem: z.string(), since_ts: epochMs })),
    /** How many events come next that the viewer had missed; absent once it has everything that the Backend has. */
    behind: z.optional(uint),
    /** Whether the viewer may tell Workers nothing; absent: it may. */
    read_only: z.optional(z.boolean()),
  }),
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

/** The id of the snapshot at a cursor, distinct from that of the event at the same cursor. */
export function snapshotEventId(cursor: RuntimeCursor | ClientCursor): string {
  return `snapshot:${cursor}`;
}
