/**
 * The observation policy: what viewers may see of a Worker's events.
 *
 * Owns the seam. Snapshot, replay and live events all pass through the same function, since a snapshot is an event too;
 * a policy that hides something must hide it in both forms.
 */
import type { LogEntry } from "../protocol/entry.ts";
import { isSnapshotEvent, type Event, type SnapshotEvent } from "../protocol/event.ts";
import type { WorkerRef } from "../protocol/id.ts";
import { emptyTranscript, snapshotEvent } from "../protocol/transcript.ts";

/** Gives the event as viewers may see it, changed or not, or null to withhold it. Must be pure. */
export type ObservationPolicy = (event: Event, ref: WorkerRef) => Event | null;

/** Shows everything. The relay knows it and splices payloads through as they came. */
export const passThrough: ObservationPolicy = (event) => event;

/** A snapshot as viewers may see it. */
export function showSnapshot(policy: ObservationPolicy, event: SnapshotEvent, ref: WorkerRef): SnapshotEvent {
  const shown = policy(event, ref);
  if (shown === null || !isSnapshotEvent(shown)) throw new TypeError("A policy must show a snapshot as a snapshot");
  return shown;
}

/** Entries as viewers may see them: as in a snapshot. */
export function showEntries(
  policy: ObservationPolicy,
  entries: readonly LogEntry[],
  ref: WorkerRef,
): readonly LogEntry[] {
  if (policy === passThrough) return entries;
  return showSnapshot(policy, snapshotEvent({ ...emptyTranscript(), entries }), ref).data.entries;
}
