/**
 * What viewers may see of a Worker: the seam, and what shows everything.
 *
 * Owns the interface. A policy sees every way in which a conversation leaves the server: events as they come, states as
 * snapshots tell them, pages of entries, lines of the transcript. Which viewer has which policy is decided in
 * `access/viewer-policy.ts`.
 */
import type { LogEntry } from "../protocol/entry.ts";
import type { Event } from "../protocol/event.ts";
import type { TranscriptItem } from "../protocol/runtime-api.ts";
import type { Transcript } from "../protocol/transcript.ts";

/**
 * A way to look at Workers. Pure, and the same by every path: the state that shown events fold to is the shown state that
 * the events themselves fold to.
 */
export interface ObservationPolicy {
  /** Part of the seal of its cursors; to be changed with what it shows. Empty: shows everything. */
  readonly name: string;
  /** The event as viewers may see it: itself where nothing is hidden; null to withhold it, where no shown state tells it. */
  showEvent(event: Event): Event | null;
  showTranscript(transcript: Transcript): Transcript;
  showEntries(entries: readonly LogEntry[]): readonly LogEntry[];
  showLine(line: TranscriptItem): TranscriptItem;
}

/** Shows everything. */
export const passThrough: ObservationPolicy = {
  name: "",
  showEvent: (event) => event,
  showTranscript: (transcript) => transcript,
  showEntries: (entries) => entries,
  showLine: (line) => line,
};
