/**
 * The console as a value: every store of one page, wired together.
 *
 * Owns the wiring only. Components get it by context; `main.tsx` starts it; the server makes one to render and never
 * starts it.
 */
import { computed, signal } from "@preact/signals";
import type { ClientCursor } from "../protocol/cursor.ts";
import type { WorkerRef } from "../protocol/id.ts";
import type { ConsoleData } from "./console-data.ts";
import type { Environment } from "./environment.ts";
import { createFormats } from "./formats.ts";
import { messagesFor } from "./messages.ts";
import { createApiClient, workerApiPath } from "./store/api-client.ts";
import { Composer } from "./store/composer.ts";
import { Connection } from "./store/connection.ts";
import { Conversation } from "./store/conversation.ts";
import { createDrafts } from "./store/drafts.ts";
import { createSubmissionId } from "./store/local-id.ts";
import { WorkerList } from "./store/worker-list.ts";

const REQUEST_TIMEOUT_MS = 20_000;
const PAGE_ENTRIES = 100;

export function createConsole(data: ConsoleData, environment: Environment) {
  const { clock } = environment;
  const ref: WorkerRef = { runtime_id: data.selected.runtime_id, worker_id: data.selected.worker_id };
  const api = createApiClient({ fetch: environment.fetch, timeoutMs: REQUEST_TIMEOUT_MS });
  const conversation = new Conversation({
    ref,
    snapshot: data.snapshot,
    cursor: data.cursor,
    scheduler: environment.scheduler,
    now: () => clock.now(),
    loadEntries: (before) => api.entries(ref, before, PAGE_ENTRIES),
  });
  const connection = new Connection({
    url: (cursor) => socketUrl(environment.pageUrl, ref, cursor),
    cursor: () => conversation.cursor.peek(),
    dropCursor: () => conversation.dropCursor(),
    receive: (envelope) => conversation.receive(envelope),
    async findRefusal() {
      const result = await api.getWorker(ref);
      if (result.ok || result.failure.kind !== "problem") return undefined;
      return { code: result.failure.code, message: result.failure.detail };
    },
    clock,
    random: environment.random,
    WebSocket: environment.WebSocket,
    isOnline: environment.isOnline,
  });
  // What has ended for good is at work no more, whatever was seen last.
  const isRunning = computed(
    () => conversation.run.value.state === "active" && connection.state.value.kind !== "ended",
  );
  const drafts = createDrafts(ref, environment.storage);
  const workers = new WorkerList({ workers: data.workers, api, clock, isVisible: environment.isVisible });
  const listed = computed(() =>
    workers.workers.value.find((worker) => worker.runtime_id === ref.runtime_id && worker.worker_id === ref.worker_id),
  );
  return {
    data,
    ref,
    clock,
    messages: messagesFor(data.locale),
    formats: createFormats(data.locale),
    conversation,
    connection,
    workers,
    drafts,
    composer: new Composer({
      ref,
      api,
      drafts,
      clock,
      createSubmissionId,
      entries: conversation.entries,
      isRunning,
    }),
    isRunning,
    /** What people call the Worker. */
    label: computed(() => listed.value?.label ?? (conversation.greeting.value.worker_name || ref.worker_id)),
    /** Whether the Worker can still be written to. */
    takesInput: computed(() => !conversation.shutDown.value && connection.state.value.kind !== "ended"),
    /** Whether the page has come alive; false while it is what the server rendered. */
    isInteractive: signal(false),
  };
}
export type Console = ReturnType<typeof createConsole>;

function socketUrl(pageUrl: string, ref: WorkerRef, cursor: ClientCursor | undefined): string {
  const url = new URL(`${workerApiPath(ref)}/events/ws`, pageUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("heartbeat", "1");
  if (cursor !== undefined) url.searchParams.set("cursor", cursor);
  return url.href;
}
