/**
 * A real snapshot for a Runtime that sends an empty one.
 *
 * Owns how the reference's snapshot is recognised, and how what it lacks is put together from the transcript's lines and
 * from the events that are still kept: the lines before the oldest kept event, then what those events make of them, text
 * in flight included. Such a Runtime's cursors name no generation: one from before its restart may be taken for
 * another event's, and nobody can tell.
 */
import type { Event, SnapshotEvent } from "../../protocol/event.ts";
import { fold } from "../../protocol/fold.ts";
import type { TranscriptItem, TranscriptPage, WorkerDetail } from "../../protocol/runtime-api.ts";
import { emptyTranscript, snapshotEvent, type Transcript } from "../../protocol/transcript.ts";
import { transcriptLine, type TranscriptLine } from "../transcript-line.ts";
import { entryOfItem } from "./transcript-entry.ts";

/** What stands for provider and model in the reference's empty snapshot. */
const STUB_MODEL = "worker-runtime";

/** Whether a snapshot says nothing about the Worker. */
export function isStub({ data }: SnapshotEvent): boolean {
  return data.entries.length === 0 && data.greeting.provider === STUB_MODEL && data.greeting.model === STUB_MODEL;
}

/** What a snapshot is put together from. */
export interface SeedParts {
  readonly worker: WorkerDetail;
  /** The newest page of the transcript, read after `kept`. */
  readonly page: TranscriptPage;
  /** The events that are still kept, oldest first. */
  readonly kept: readonly { readonly event: Event; readonly ts: number }[];
  readonly now: number;
}

/** The snapshot of where the Worker stood at the newest of the kept events. */
export function seedSnapshot({ worker, page, kept, now }: SeedParts): SnapshotEvent {
  const greeting = {
    ...emptyTranscript().greeting,
    worker_name: worker.display_name ?? worker.worker_id,
    model: worker.model ?? "",
  };
  const start: Transcript = {
    ...emptyTranscript(greeting),
    status: worker.execution.run_state === "busy" && kept.length === 0 ? "running" : "idle",
  };
  const live = kept.reduce((state, { event, ts }) => fold(state, event, ts), start);
  const liveLines = live.entries.flatMap((entry) => transcriptLine(entry) ?? []);
  const older = page.items.slice(0, seam(page.items, liveLines));
  return snapshotEvent({
    ...live,
    entries: [...older.map((item) => entryOfItem(item, now)), ...live.entries],
    entries_start: page.start,
  });
}

/**
 * Where in the transcript the lines begin that kept events make. Lines may have been added since those events were read,
 * so the newest place at which all of them are found is taken.
 */
function seam(items: readonly TranscriptItem[], lines: readonly TranscriptLine[]): number {
  const newest = Math.max(0, items.length - lines.length);
  for (let start = newest; start >= 0; start -= 1) {
    const isHere = lines.every(({ role, content }, index) => {
      const item = items[start + index];
      return item?.role === role && item.content === content;
    });
    if (isHere) return start;
  }
  return newest;
}
