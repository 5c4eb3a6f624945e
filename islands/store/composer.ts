/**
 * What the person is writing, and what became of sending it.
 *
 * Owns the draft's life: kept while typed, sent with the id that it has had from its first letter until there is an
 * answer, cleared when the Worker has it (by the answer or by the message's own event, whichever comes first), never
 * lost. What is sent later, and in which order, is the queue's matter.
 */
import { batch, computed, createModel, effect, signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";
import type { LogEntry } from "../../protocol/entry.ts";
import { isKnownEntry } from "../../protocol/entry.ts";
import type { SubmissionId, WorkerRef } from "../../protocol/id.ts";
import { INPUT_MAX_CHARS } from "../../protocol/runtime-api.ts";
import { flattenSegments } from "../../protocol/segment.ts";
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

/** A message that is ready to go out. */
export interface Outgoing {
  readonly text: string;
  readonly submission_id: SubmissionId;
}

export interface ComposerOptions {
  readonly ref: WorkerRef;
  readonly api: Pick<ApiClient, "sendInput" | "cancelRun">;
  readonly drafts: Drafts;
  readonly clock: Clock;
  readonly createSubmissionId: () => SubmissionId;
  readonly entries: ReadonlySignal<readonly LogEntry[]>;
  /** When the run that goes began, in epoch milliseconds; `undefined` while none does. */
  readonly runningSince: ReadonlySignal<number | undefined>;
}

const SAVE_AFTER_MS = 250;

export const Composer = createModel((options: ComposerOptions) => {
  const draft = signal<Draft>(EMPTY_DRAFT);
  const send = signal<SendState>({ kind: "idle" });
  const stop = signal<StopState>({ kind: "idle" });
  let saveTimer: TimerHandle | undefined;
  /** What was last taken up, as it can be had again. */
  let taken: string | undefined;

  const save = () => {
    options.clock.clearTimeout(saveTimer);
    saveTimer = undefined;
    options.drafts.write(draft.peek());
  };

  const written = (text: string): Draft =>
    text === "" ? EMPTY_DRAFT : { text, submission_id: options.createSubmissionId() };

  const accept = (text: string) => {
    const { text: current, unsent } = draft.peek();
    batch(() => {
      // What was typed meanwhile is the next message; what was left for this one comes back.
      if (current === text) draft.value = unsent ?? EMPTY_DRAFT;
      else draft.value = { ...written(current), ...(unsent && { unsent }) };
      send.value = { kind: "idle" };
    });
    save();
  };

  /**
   * Puts other words into the box, as a message of their own. What stands there is kept for after them.
   *
   * @param original What of them can be had again, where they are a change of it that nobody else has; empty: nothing
   */
  const takeUp = (text: string, original = text) => {
    if (send.peek().kind === "sending") return;
    const current = draft.peek();
    // What was taken up and never changed is exchanged.
    const isOwn = current.text !== "" && current.text !== taken;
    draft.value = { ...written(text), unsent: isOwn ? current : (current.unsent ?? current) };
    taken = original;
    save();
  };

  /** The draft with the id under which it goes out; nothing where it can't. */
  const outgoing = (): (Draft & Outgoing) | undefined => {
    const { text, submission_id, sent, ...rest } = draft.peek();
    if (!/\S/.test(text) || text.length > INPUT_MAX_CHARS || send.peek().kind === "sending") return undefined;
    // Other words than those that went out under the id are another message.
    const isFree = submission_id !== undefined && (sent === undefined || sent === text);
    return { ...rest, text, submission_id: isFree ? submission_id : options.createSubmissionId(), sent: text };
  };

  const submissionId = computed(() => draft.value.submission_id);
  effect(() => {
    const found = submissionId.value && textOfSubmission(options.entries.value, submissionId.value);
    if (found !== undefined) accept(draft.peek().sent ?? found);
  });
  const shown = computed(() => draft.value.text);
  effect(() => {
    // A refusal is told of the words that were refused, and not of others, whoever has put them there.
    void shown.value;
    if (send.peek().kind === "refused") send.value = { kind: "idle" };
  });
  effect(() => {
    // Stopping is of one run: the next may begin in the very step in which its end is seen.
    void options.runningSince.value;
    stop.value = { kind: "idle" };
  });

  return {
    text: shown,
    send: computed(() => send.value),
    stop: computed(() => stop.value),
    tooLongBy: computed(() => Math.max(0, shown.value.length - INPUT_MAX_CHARS)),

    /** Takes up what an earlier visit left, after what the person has `typed` before the page was ready. */
    restore(typed: string): void {
      draft.value = options.drafts.read();
      if (typed !== "" && typed !== draft.peek().text) takeUp(typed, "");
    },

    edit(text: string): void {
      const before = draft.peek();
      if (text === before.text) return;
      draft.value = before.submission_id === undefined ? { ...before, ...written(text) } : { ...before, text };
      saveTimer ??= options.clock.setTimeout(save, SAVE_AFTER_MS);
    },

    takeUp,

    /** Whether something is kept for after the words that have been taken up. */
    hasUnsent: computed(() => !!draft.value.unsent?.text),

    /** Gives up what has been taken up: what was kept is in the box again. */
    putBack(): void {
      if (send.peek().kind === "sending") return;
      draft.value = draft.peek().unsent ?? EMPTY_DRAFT;
      save();
    },

    /** Hands the message to somebody who will send it; it leaves the box once they have it. */
    handOver(take: (message: Outgoing) => boolean): void {
      const message = outgoing();
      if (message && take({ text: message.text, submission_id: message.submission_id })) accept(message.text);
    },

    /** Writes the draft down now, e.g. because the page goes away. */
    save,

    /** Takes over what another tab did to the same draft, unless both have gone different ways. */
    adopt(next: Draft, previousText: string): void {
      if (draft.peek().text !== previousText) return;
      // While the message is on its way, other words are as if they were typed here: what comes after it.
      draft.value = send.peek().kind === "sending" ? { ...draft.peek(), text: next.text } : next;
    },

    async submit(): Promise<void> {
      const attempt = outgoing();
      if (!attempt) return;
      const { text, submission_id } = attempt;
      batch(() => {
        draft.value = attempt;
        send.value = { kind: "sending" };
      });
      save();
      const result = await options.api.sendInput(options.ref, text, submission_id);
      // The message's own event may have been quicker than the answer.
      if (send.peek().kind !== "sending" || draft.peek().submission_id !== submission_id) return;
      if (result.ok) return accept(text);
      batch(() => {
        send.value = { kind: "refused", failure: result.failure };
        const { sent: _, ...rest } = draft.peek();
        // A refusal is an answer: nothing of it is on its way.
        if (isConflict(result.failure)) draft.value = { ...rest, ...written(rest.text) };
        else if (isRefusal(result.failure)) draft.value = rest;
      });
      save();
    },

    async cancelRun(): Promise<void> {
      const startedTs = options.runningSince.peek();
      if (stop.peek().kind === "stopping" || startedTs === undefined) return;
      const asked: StopState = { kind: "stopping" };
      stop.value = asked;
      // A browser repeats a request by itself where its answer was lost. 0: not known.
      const result = await options.api.cancelRun(options.ref, startedTs || undefined);
      // The run may have ended by itself, and another be the one to stop.
      if (!result.ok && stop.peek() === asked) stop.value = { kind: "failed", failure: result.failure };
    },
  };
});
export type Composer = InstanceType<typeof Composer>;

function isRefusal(failure: ApiFailure): boolean {
  return failure.kind === "problem" && failure.status < 500;
}

function isConflict(failure: ApiFailure): boolean {
  return failure.kind === "problem" && failure.code === "submission_conflict";
}

/** What was said under that id. Looks from the newest back: a message that was just sent is near the end. */
function textOfSubmission(entries: readonly LogEntry[], submission: SubmissionId): string | undefined {
  const said = entries.findLast(
    (entry) => isKnownEntry(entry) && entry.kind === "user_input" && entry.submission_id === submission,
  );
  return said && isKnownEntry(said) && said.kind === "user_input" ? flattenSegments(said.segments) : undefined;
}
