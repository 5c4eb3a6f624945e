/**
 * Queued messages as the browser's storage keeps them, per Worker. Owns their shape, their bounds and the storage's
 * whims; what is queued when, and sent, is `queue.ts`.
 */
import * as z from "zod/mini";
import { SubmissionId, type WorkerRef } from "../../protocol/id.ts";
import { INPUT_MAX_CHARS } from "../../protocol/runtime-api.ts";
import type { DraftStorage } from "./drafts.ts";

/** Most messages that wait for one Worker; tabs that add at the same time may store a few more. */
export const QUEUE_MAX_ITEMS = 20;

/** Most text that waits for one Worker, in UTF-16 code units: a browser stores about five million for a whole site. */
export const QUEUE_MAX_CHARS = 400_000;

const Queued = z.object({
  submission_id: SubmissionId,
  text: z.string().check(z.minLength(1), z.maxLength(INPUT_MAX_CHARS)),
});
/** `{"submission_id":"s-5f0c…","text":"And the tests?"}` */
export type Queued = Readonly<z.infer<typeof Queued>>;

/** As many as there are: to refuse some would be to lose all. */
const StoredQueue = z.array(Queued);

export interface QueueStorage {
  /** What is stored; `undefined` where that can't be known. */
  read(): readonly Queued[] | undefined;
  /** Whether it is stored now. */
  write(items: readonly Queued[]): boolean;
  /** What another tab's `storage` event says; `undefined` when it is about something else. */
  changed(event: { readonly key: string | null; readonly newValue: string | null }): readonly Queued[] | undefined;
}

/** @param storage Asked at each use, since merely naming it may throw. */
export function createQueueStorage(ref: WorkerRef, storage: () => DraftStorage | undefined): QueueStorage {
  const key = `yoi.queue:${ref.runtime_id}/${ref.worker_id}`;
  return {
    read() {
      try {
        const kept = storage();
        return kept && parseQueue(kept.getItem(key));
      } catch {
        return undefined;
      }
    },
    write(items) {
      try {
        const kept = storage();
        if (items.length === 0) kept?.removeItem(key);
        else kept?.setItem(key, JSON.stringify(items));
        return kept !== undefined;
      } catch {
        return false;
      }
    },
    changed: (event) => (event.key === key ? parseQueue(event.newValue) : undefined),
  };
}

function parseQueue(stored: string | null): readonly Queued[] {
  try {
    const parsed = StoredQueue.safeParse(JSON.parse(stored ?? "[]"));
    return parsed.success ? parsed.data : [];
  } catch {
    return [];
  }
}
