/**
 * The observation policy: what viewers may see of a Worker's events.
 *
 * Owns the seam. Snapshot, replay and live events all pass through the same function, since a snapshot is an event too;
 * a policy that hides something must hide it in both forms.
 */
import type { Event } from "../protocol/event.ts";
import type { WorkerRef } from "../protocol/id.ts";

/** Gives the event as viewers may see it, changed or not, or null to withhold it. Must be pure. */
export type ObservationPolicy = (event: Event, ref: WorkerRef) => Event | null;

/** Shows everything. The relay knows it and splices payloads through as they came. */
export const passThrough: ObservationPolicy = (event) => event;
