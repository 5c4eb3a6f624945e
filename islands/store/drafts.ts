/**
 * Unsent text, kept per Worker in the browser's storage, with the submission id that its message has from its beginning.
 *
 * Two tabs that send the same draft, and one that sends it again after a lost answer or a reload, therefore send the
 * same id, which never starts a second run. A storage that is missing, full or forbidden loses nothing but the memory of
 * a reload.
 */
import * as z from "zod/mini";
import { SubmissionId, type WorkerRef } from "../../protocol/id.ts";

const Draft = z.object({
  text: z.string(),
  /** The message's own, from its first letter on. */
  submission_id: z.optional(SubmissionId),
  /** What went out under that id without an answer so far; absent while nothing has. */
  sent: z.optional(z.string()),
  /** What was being written when other words were taken up; it comes back after them, and then what is below it. */
  get unsent(): z.ZodMiniOptional<typeof Draft> {
    return z.optional(Draft);
  },
});
export type Draft = z.infer<typeof Draft>;

export const EMPTY_DRAFT: Draft = { text: "" };

/** As much of `Storage` as is needed. */
export type DraftStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface Drafts {
  read(): Draft;
  write(draft: Draft): void;
  /** The draft that a `storage` event of another tab tells of; `undefined` when it is about something else. */
  changed(event: { readonly key: string | null; readonly newValue: string | null }): Draft | undefined;
}

/** The drafts of one Worker; `storage` is asked at each use, since merely naming it may throw. */
export function createDrafts(ref: WorkerRef, storage: () => DraftStorage | undefined): Drafts {
  const key = `yoi.draft:${ref.runtime_id}/${ref.worker_id}`;
  return {
    read() {
      try {
        return parseDraft(storage()?.getItem(key) ?? null);
      } catch {
        return EMPTY_DRAFT;
      }
    },
    write(draft) {
      try {
        if (isNothing(draft)) storage()?.removeItem(key);
        else storage()?.setItem(key, JSON.stringify(draft));
      } catch {
        // Full or forbidden: the text is still in the composer.
      }
    },
    changed: (event) => (event.key === key ? parseDraft(event.newValue) : undefined),
  };
}

function isNothing({ text, sent, unsent }: Draft): boolean {
  return text === "" && sent === undefined && !unsent?.text;
}

function parseDraft(stored: string | null): Draft {
  if (stored === null) return EMPTY_DRAFT;
  try {
    const parsed = Draft.safeParse(JSON.parse(stored));
    return parsed.success ? parsed.data : EMPTY_DRAFT;
  } catch {
    return EMPTY_DRAFT;
  }
}
