/**
 * Tabs with a queue of messages, on one browser. Owns what stands around the queue: the storage and the lock that tabs share,
 * a clock whose time a test passes, a conversation that it leads, and the answers that it gives.
 */
import { signal } from "@preact/signals";
import type { ApiResult } from "../../islands/store/api-client.ts";
import type { Clock } from "../../islands/store/clock.ts";
import { createQueueStorage } from "../../islands/store/queue-storage.ts";
import { Queue } from "../../islands/store/queue.ts";
import type { WorkerInputResult } from "../../protocol/backend-api.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import { RuntimeId, SubmissionId, WorkerId } from "../../protocol/id.ts";
import type { RunView } from "../../protocol/run-view.ts";

const ref = { runtime_id: RuntimeId.parse("r"), worker_id: WorkerId.parse("w") };
export const KEY = "yoi.queue:r/w";
export const NO_RUN: RunView = { state: "none" };
export const active = (started_ts: number): RunView => ({ state: "active", started_ts });
export const ended = (started_ts: number, change: Partial<Extract<RunView, { state: "ended" }>> = {}): RunView => ({
  state: "ended",
  started_ts,
  ended_ts: started_ts + 1,
  result: "finished",
  ...change,
});
export const accepted: ApiResult<WorkerInputResult> = {
  ok: true,
  value: { state: "accepted", ...ref, diagnostics: [] },
};
export const lost: ApiResult<never> = { ok: false, failure: { kind: "network" } };
export const strange = (status: number): ApiResult<never> => ({ ok: false, failure: { kind: "malformed", status } });
export const refusal = (code: string, retryable = false): ApiResult<never> => ({
  ok: false,
  failure: { kind: "problem", code, status: 409, detail: "…", retryable },
});
export const said = (content: string, submission_id: string): LogEntry => ({
  kind: "user_input",
  ts: 1,
  segments: [{ kind: "text", content }],
  submission_id,
});

/** A browser's storage and its lock, which several tabs share. */
export function createBrowser(stored?: string) {
  const items = new Map<string, string>(stored === undefined ? [] : [[KEY, stored]]);
  let last = Promise.resolve();
  return {
    items,
    storage: {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
      removeItem: (key: string) => void items.delete(key),
    },
    alone: (work: () => Promise<void>) => (last = last.then(work)),
  };
}

export function openTab(browser = createBrowser(), change: { readonly run?: RunView; readonly isLive?: boolean } = {}) {
  const sent: string[] = [];
  const answers: PromiseWithResolvers<ApiResult<WorkerInputResult>>[] = [];
  const timers = new Map<number, { readonly run: () => void; readonly waitMs: number }>();
  let lastTimer = 0;
  const clock: Clock = {
    now: () => 0,
    setTimeout: (run, waitMs) => {
      timers.set((lastTimer += 1), { run, waitMs });
      // why: nobody reads the handle but the clock itself.
      return lastTimer as unknown as ReturnType<Clock["setTimeout"]>;
    },
    // why: as above.
    clearTimeout: (handle) => void timers.delete(handle as unknown as number),
  };
  const entries = signal<readonly LogEntry[]>([]);
  const run = signal<RunView>(change.run ?? active(1));
  const isLive = signal(change.isLive ?? true);
  let ids = 0;
  const queue = new Queue({
    ref,
    api: {
      sendInput: (_ref, text, id) => {
        sent.push(`${id} ${text}`);
        const answer = Promise.withResolvers<ApiResult<WorkerInputResult>>();
        answers.push(answer);
        return answer.promise;
      },
    },
    storage: createQueueStorage(ref, () => browser.storage),
    alone: browser.alone,
    clock,
    createSubmissionId: () => SubmissionId.parse(`n-${(ids += 1)}`),
    entries,
    run,
    isLive,
  });
  return {
    browser,
    queue,
    sent,
    entries,
    run,
    isLive,
    add: (...texts: string[]) =>
      texts.map((text) => queue.add({ text, submission_id: SubmissionId.parse(`id-${text.slice(0, 20)}`) })),
    texts: () => queue.items.value.map(({ text }) => text),
    async answer(result: ApiResult<WorkerInputResult>) {
      answers.at(-1)?.resolve(result);
      await settle();
    },
    /** How long the timer waits that was set last; `undefined` where none waits. */
    newestWaitMs: () => [...timers.values()].at(-1)?.waitMs,
    passTime() {
      const due = [...timers.values()];
      timers.clear();
      for (const { run } of due) run();
    },
  };
}

/** Lets everything that waits for nothing else happen. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
}
