/**
 * What the person is writing, and what became of sending it.
 *
 * Owns the draft's life: kept while typed, sent with an id that stays the same until there is an answer, cleared when
 * the Worker has it (by the answer or by the message's own event, whichever comes first), never lost.
 */
import { batch, computed, createModel, effect, signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";
import type { LogEntry } from "../../protocol/entry.ts";
import { isKnownEntry } from "../../protocol/entry.ts";
import type { SubmissionId, WorkerRef } from "../../protocol/id.ts";
import { INPUT_MAX_CHARS } from "../../protocol/runtime-api.ts";
import type { ApiClient, ApiFailure } from "./api-client.ts";
import type { Clock, TimerHandle } from "./clock.ts";
import { EMPTY_DRAFT, type Draft, type Drafts } from "./drafts.ts";

export type SendState =
  | { readonly kind: "idle" }
  | { readonly kind: "sending" }
  /** The text is still there, and why it was not taken. */
  | { readonly kind: "refused"; readonly failure: ApiFailure };

export type StopState =
  | { readonly kind: "idle" }
  | { readonly kind: "stopping" }
  | { readonly kind: "failed"; readonly failure: ApiFailure };

export interface ComposerOptions {
  readonly ref: WorkerRef;
  readonly api: Pick<ApiClient, "sendInput" | "cancelRun">;
  readonly drafts: Drafts;
  readonly clock: Clock;
  readonly createSubmissionId: () => SubmissionId;
  readonly entries: ReadonlySignal<readonly LogEntry[]>;
  readonly isRunning: ReadonlySignal<boolean>;
}

const SAVE_AFTER_MS = 250;

export const Composer = createModel((options: ComposerOptions) => {
  const draft = signal<Draft>(EMPTY_DRAFT);
  const send = signal<SendState>({ kind: "idle" });
  const stop = signal<StopState>({ kind: "idle" });
  let saveTimer: TimerHandle | undefined;

  const save = () => {
    options.clock.clearTimeout(saveTimer);
    saveTimer = undefined;
    options.drafts.write(draft.peek());
  };

  const accept = (sent: Draft) => {
    batch(() => {
      // What was typed meanwhile is the next message.
      if (draft.peek().text === sent.text) draft.value = EMPTY_DRAFT;
      else draft.value = { text: draft.peek().text };
      send.value = { kind: "idle" };
    });
    save();
  };

  effect(() => {
    const submission = draft.value.submission_id;
    if (submission !== undefined && hasSubmission(options.entries.value, submission)) accept(draft.peek());
  });
  effect(() => {
    if (!options.isRunning.value) stop.value = { kind: "idle" };
  });

  return {
    text: computed(() => draft.value.text),
    send: computed(() => send.value),
    stop: computed(() => stop.value),
    tooLongBy: computed(() => Math.max(0, draft.value.text.length - INPUT_MAX_CHARS)),

    /** Takes up what an earlier visit left; `typed` is what the person wrote before the page was ready. */
    restore(typed: string): void {
      const stored = options.drafts.read();
      draft.value = typed === "" || typed === stored.text ? stored : { text: typed };
    },

    edit(text: string): void {
      if (text === draft.peek().text) return;
      batch(() => {
        // Other words are another message: its id is its own.
        draft.value = { text };
        if (send.peek().kind === "refused") send.value = { kind: "idle" };
      });
      saveTimer ??= options.clock.setTimeout(save, SAVE_AFTER_MS);
    },

    /** Writes the draft down now, e.g. because the page goes away. */
    save,

    /** Takes over what another tab did to the same draft, unless both have gone different ways. */
    adopt(next: Draft, previousText: string): void {
      if (draft.peek().text === previousText && send.peek().kind !== "sending") draft.value = next;
    },

    async submit(): Promise<void> {
      const { text, submission_id } = draft.peek();
      if (text.trim() === "" || text.length > INPUT_MAX_CHARS || send.peek().kind === "sending") return;
      const id = submission_id ?? options.createSubmissionId();
      const sent: Draft = { text, submission_id: id };
      batch(() => {
        draft.value = sent;
        send.value = { kind: "sending" };
      });
      save();
      const result = await options.api.sendInput(options.ref, text, id);
      // The message's own event may have been quicker than the answer.
      if (send.peek().kind !== "sending" || draft.peek().submission_id !== id) return;
      if (result.ok) return accept(sent);
      batch(() => {
        send.value = { kind: "refused", failure: result.failure };
        if (isConflict(result.failure)) draft.value = { text: draft.peek().text };
      });
      save();
    },

    async cancelRun(): Promise<void> {
      if (stop.peek().kind === "stopping" || !options.isRunning.peek()) return;
      stop.value = { kind: "stopping" };
      const result = await options.api.cancelRun(options.ref);
      if (!result.ok) stop.value = { kind: "failed", failure: result.failure };
    },
  };
});
export type Composer = InstanceType<typeof Composer>;

function isConflict(failure: ApiFailure): boolean {
  return failure.kind === "problem" && failure.code === "submission_conflict";
}

/** Looks from the newest back: a message that was just sent is near the end. */
function hasSubmission(entries: readonly LogEntry[], submission: SubmissionId): boolean {
  return (
    entries.findLastIndex(
      (entry) => isKnownEntry(entry) && entry.kind === "user_input" && entry.submission_id === submission,
    ) !== -1
  );
}
