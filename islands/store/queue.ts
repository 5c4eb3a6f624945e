/**
 * Messages that wait for the run to end, in a person's order.
 *
 * Owns when the first of them goes out: once the link is live, no run goes and the last one ended by itself; after a
 * failed or stopped one the queue is held until somebody says so. Each message has its submission id from the draft on,
 * so that whatever is lost, reloaded or done twice makes one message of it, and what nobody took may be sent again by
 * itself. Tabs share the list by the storage and take turns by a lock. How the list looks is `composer/queue-view.tsx`.
 */
import { batch, computed, createModel, effect, signal, type ReadonlySignal } from "@preact/signals";
import { isKnownEntry, type LogEntry } from "../../protocol/entry.ts";
import type { SubmissionId, WorkerRef } from "../../protocol/id.ts";
import type { RunView } from "../../protocol/run-view.ts";
import { INPUT_MAX_CHARS } from "../../protocol/runtime-api.ts";
import type { ApiClient, ApiFailure } from "./api-client.ts";
import type { Clock, TimerHandle } from "./clock.ts";
import type { Outgoing } from "./composer.ts";
import { QUEUE_MAX_CHARS, QUEUE_MAX_ITEMS, type Queued, type QueueStorage } from "./queue-storage.ts";

/** Why nothing goes out although nothing else is being done. */
export type Hold =
  | { readonly kind: "stopped" }
  | { readonly kind: "failed" }
  /** The first message was not taken. */
  | { readonly kind: "refused"; readonly failure: ApiFailure };

export interface QueueOptions {
  readonly ref: WorkerRef;
  readonly api: Pick<ApiClient, "sendInput">;
  readonly storage: QueueStorage;
  /** Runs the work while no other tab is at the same. */
  readonly alone: (work: () => Promise<void>) => Promise<void>;
  readonly clock: Clock;
  readonly createSubmissionId: () => SubmissionId;
  readonly entries: ReadonlySignal<readonly LogEntry[]>;
  readonly run: ReadonlySignal<RunView>;
  /** Whether what is seen of the Worker is its present, and it takes messages. */
  readonly isLive: ReadonlySignal<boolean>;
}

/** What became of the newest attempt, where the message was not taken. */
interface Refusal {
  readonly id: SubmissionId;
  readonly failure: ApiFailure;
  /** How many attempts in a row have failed. */
  readonly attempts: number;
  /** When the next one is made, in epoch milliseconds; absent: when something changes, or somebody says so. */
  readonly againAt: number | undefined;
  /** Whether that time has come. It stays a refusal until there is an answer: nobody is to hear of each attempt. */
  readonly isDue: boolean;
}

/** As much of a `StorageEvent` as is read. */
interface StorageNews {
  readonly key: string | null;
  readonly oldValue: string | null;
  readonly newValue: string | null;
}

/** How long the run of a message that was taken may take to be seen before the next one is tried. */
const RUN_SEEN_WITHIN_MS = 5_000;
/** After how long a message that nobody took is sent again; each time after twice as long, up to the longest. */
const AGAIN_MS = { first: 5_000, longest: 60_000 } as const;

export const Queue = createModel((options: QueueOptions) => {
  const items = signal<readonly Queued[]>(options.storage.read() ?? []);
  const sending = signal<SubmissionId | undefined>(undefined);
  /** Several may be open at once. */
  const editing = signal<ReadonlySet<SubmissionId>>(new Set());
  const refused = signal<Refusal | undefined>(undefined);
  /** The end of a run after which the queue goes on although it would be held. */
  const released = signal<string | undefined>(undefined);
  /** The run that was the last one when a message went out: its own has not been seen yet. */
  const outdated = signal<string | undefined>(undefined);
  let outdatedTimer: TimerHandle | undefined;
  let isStored = true;
  let isInTurn = false;

  const runKey = computed(() => keyOf(options.run.value));
  const hold = computed<Hold | undefined>(() => {
    const [first] = items.value;
    if (first === undefined) return undefined;
    const end = released.value === runKey.value ? undefined : endOf(options.run.value);
    const refusal = refused.value;
    // What was refused may have been taken away or changed since, or may have arrived after all.
    if (refusal?.id === first.submission_id && !(refusal.isDue && end)) {
      return { kind: "refused", failure: refusal.failure };
    }
    return end && { kind: end };
  });
  const isReady = computed(() => {
    const [first] = items.value;
    if (first === undefined || editing.value.has(first.submission_id) || sending.value !== undefined) return false;
    if (!options.isLive.value || options.run.value.state === "active") return false;
    const held = hold.value;
    if (held !== undefined && !(held.kind === "refused" && refused.value?.isDue)) return false;
    return outdated.value !== runKey.value;
  });

  const store = (next: readonly Queued[]) => {
    items.value = next;
    isStored = options.storage.write(next);
  };
  /** The list as all tabs have it now: a storage event may still be on its way. */
  const present = () => (isStored ? (options.storage.read() ?? items.peek()) : items.peek());
  const without = (id: SubmissionId) => present().filter(({ submission_id }) => submission_id !== id);

  /** Whether another message of that length can wait. */
  const hasRoomFor = (chars: number): boolean => {
    const total = items.value.reduce((sum, { text }) => sum + text.length, chars);
    return items.value.length < QUEUE_MAX_ITEMS && total <= QUEUE_MAX_CHARS;
  };

  const awaitRun = () => {
    outdated.value = runKey.peek();
    options.clock.clearTimeout(outdatedTimer);
    outdatedTimer = options.clock.setTimeout(() => (outdated.value = undefined), RUN_SEEN_WITHIN_MS);
  };

  const adopt = (next: readonly Queued[]) => {
    const [first] = items.peek();
    batch(() => {
      // Another tab may have sent it, and its run may not have reached this one.
      if (first && next.every(({ submission_id }) => submission_id !== first.submission_id)) awaitRun();
      items.value = next;
    });
  };

  const deliver = async ({ submission_id, text }: Queued) => {
    batch(() => {
      sending.value = submission_id;
      awaitRun();
    });
    const result = await options.api.sendInput(options.ref, text, submission_id);
    batch(() => {
      sending.value = undefined;
      // The message's own event may have been quicker than the answer.
      if (items.peek().every((item) => item.submission_id !== submission_id)) return;
      if (result.ok) return store(without(submission_id));
      const { failure } = result;
      const before = refused.peek();
      refused.value = undefined;
      if (isProblem(failure, "worker_busy")) return awaitRun();
      outdated.value = undefined;
      const attempts = before?.id === submission_id ? before.attempts + 1 : 1;
      const waitMs = waitOf(failure, attempts, options.clock.now());
      const id = isProblem(failure, "submission_conflict") ? renew(submission_id, text) : submission_id;
      const againAt = waitMs === undefined ? undefined : options.clock.now() + waitMs;
      refused.value = { id, failure, attempts, againAt, isDue: false };
    });
  };

  /** @returns The message's new id. */
  const renew = (id: SubmissionId, text: string): SubmissionId => {
    const fresh: Queued = { submission_id: options.createSubmissionId(), text };
    store(present().map((item) => (item.submission_id === id ? fresh : item)));
    return fresh.submission_id;
  };

  const drain = async () => {
    if (isInTurn) return;
    isInTurn = true;
    await options.alone(async () => {
      if (isStored) adopt(present());
      const [first] = items.peek();
      if (first && isReady.peek()) await deliver(first);
    });
    isInTurn = false;
    if (isReady.peek()) void drain();
  };

  effect(() => {
    // What may pass by itself is tried again, also while the link stays as it is.
    const refusal = refused.value;
    if (refusal?.againAt === undefined || refusal.isDue) return undefined;
    const waitMs = Math.max(0, refusal.againAt - options.clock.now());
    const timer = options.clock.setTimeout(() => (refused.value = { ...refusal, isDue: true }), waitMs);
    return () => options.clock.clearTimeout(timer);
  });
  effect(() => {
    if (isReady.value) void drain();
  });
  effect(() => {
    const said = idsIn(options.entries.value, items.value);
    if (said.size > 0) store(present().filter(({ submission_id }) => !said.has(submission_id)));
  });
  effect(() => {
    // What nobody answered is tried again as soon as there is somebody.
    if (options.isLive.value && mayHelp(refused.peek()?.failure)) refused.value = undefined;
  });

  return {
    items: computed(() => items.value),
    hold,
    /** What is on its way, and must not be changed. */
    sending: computed(() => sending.value),
    /** Whether a further message would overtake those that wait, or the run. */
    isBusy: computed(() => {
      const isGoing = hold.value === undefined || sending.value !== undefined;
      return options.run.value.state === "active" || (items.value.length > 0 && isGoing);
    }),

    hasRoomFor,

    /** Puts a message behind the others. @returns Whether there was room. */
    add({ text, submission_id }: Outgoing): boolean {
      if (!hasRoomFor(text.length)) return false;
      store([...without(submission_id), { submission_id, text }]);
      return true;
    },

    /** Lets the queue go on although it is held. */
    release(): void {
      refused.value = undefined;
      released.value = runKey.peek();
    },

    /** A message that is being edited is not sent meanwhile. */
    beginEdit(id: SubmissionId): void {
      editing.value = new Set(editing.peek()).add(id);
    },

    /** Ends editing; other words are another message. @returns Whether it was still there, and they fit in. */
    endEdit(id: SubmissionId, text: string): boolean {
      const item = present().find(({ submission_id }) => submission_id === id);
      const fits = text.length <= INPUT_MAX_CHARS;
      batch(() => {
        editing.value = new Set([...editing.peek()].filter((other) => other !== id));
        if (item && fits && text !== item.text && /\S/.test(text)) renew(id, text);
      });
      return item !== undefined && fits;
    },

    /** Puts a message to another place, counted from 0. */
    move(id: SubmissionId, place: number): void {
      const item = present().find(({ submission_id }) => submission_id === id);
      if (!item || sending.peek() === id) return;
      store(without(id).toSpliced(place, 0, item));
    },

    remove(id: SubmissionId): void {
      if (sending.peek() !== id) store(without(id));
    },

    /** Takes over what another tab did, by its `storage` event, which may come after something newer of this one's. */
    storageChanged({ key, oldValue, newValue }: StorageNews): void {
      // Another app of the site, or the browser, has cleared all of it: what a person sees waiting waits all the same.
      if (key === null && isStored) store(items.peek());
      const before = options.storage.changed({ key, newValue: oldValue });
      const next = options.storage.changed({ key, newValue });
      if (!before || !next) return;
      // What a full storage did not take, only this tab has.
      const told = new Set([...before, ...next].map(({ submission_id }) => submission_id));
      adopt(isStored ? present() : [...next, ...items.peek().filter(({ submission_id }) => !told.has(submission_id))]);
    },
  };
});
export type Queue = InstanceType<typeof Queue>;

/** The same for the same run in the same state, also after a snapshot. */
function keyOf(run: RunView): string {
  return run.state === "none" ? "" : `${run.started_ts} ${run.state === "ended" ? run.ended_ts : ""}`;
}

/** How a run ended, if not by itself. */
function endOf(run: RunView): "stopped" | "failed" | undefined {
  if (run.state !== "ended" || (run.result === "finished" && run.cause === undefined)) return undefined;
  return run.cause === "cancelled" ? "stopped" : "failed";
}

function idsIn(entries: readonly LogEntry[], items: readonly Queued[]): ReadonlySet<string> {
  const wanted = new Set<string>(items.map(({ submission_id }) => submission_id));
  const found = new Set<string>();
  for (let at = entries.length - 1; at >= 0 && found.size < wanted.size; at -= 1) {
    const entry = entries[at];
    if (entry === undefined || !isKnownEntry(entry) || entry.kind !== "user_input") continue;
    if (entry.submission_id !== undefined && wanted.has(entry.submission_id)) found.add(entry.submission_id);
  }
  return found;
}

function isProblem(failure: ApiFailure, code: string): boolean {
  return failure.kind === "problem" && failure.code === code;
}

/** How long to wait before the next attempt, after so many; `undefined` where time alone changes nothing. */
function waitOf(failure: ApiFailure, attempts: number, now: number): number | undefined {
  if (failure.kind === "problem" && failure.retryAt !== undefined) return failure.retryAt - now;
  // What stands between refuses the same again: a message that is too long for it, or people who have to log in there.
  if (!mayHelp(failure) || (failure.kind === "malformed" && failure.status < 500)) return undefined;
  return Math.min(AGAIN_MS.longest, AGAIN_MS.first * 2 ** (attempts - 1));
}

/** Whether another attempt may fare better once the link is back, rather than at a known time. */
function mayHelp(failure: ApiFailure | undefined): boolean {
  return failure?.kind !== "problem" || (failure.retryable && failure.retryAt === undefined);
}
