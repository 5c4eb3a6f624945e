/**
 * The console as a value: every store of one page, wired together.
 *
 * Owns the wiring only. Components get it by context; `main.tsx` starts it; the server makes one to render and never
 * starts it.
 */
import { computed, signal } from "@preact/signals";
import { createSubmissionId } from "../client/submission-id.ts";
import type { ClientCursor } from "../protocol/cursor.ts";
import type { ViewerId } from "../protocol/demo.ts";
import type { WorkerRef } from "../protocol/id.ts";
import type { ConsoleData } from "./console-data.ts";
import type { Environment } from "./environment.ts";
import { createFrame } from "./frame.ts";
import type { Messages } from "./messages.ts";
import type { Outbox } from "./outbox.ts";
import type { Paths } from "./paths.ts";
import { Composer } from "./store/composer.ts";
import { Connection } from "./store/connection.ts";
import { Conversation } from "./store/conversation.ts";
import { createDrafts } from "./store/drafts.ts";
import { createViewerId } from "./store/local-id.ts";

/** Less than a screenful would ask too often; a hundred at once would be felt while scrolling. */
const PAGE_ENTRIES = 50;

export function createConsole(data: ConsoleData, environment: Environment, messages: Messages) {
  const frame = createFrame(data, environment, messages);
  const { ref, api, clock, paths } = frame;
  const viewerId = data.demo ? createViewerId() : undefined;
  const conversation = new Conversation({
    ref,
    snapshot: data.snapshot,
    cursor: data.cursor,
    scheduler: environment.scheduler,
    now: () => clock.now(),
    loadEntries: (before) => api.entries(ref, before, PAGE_ENTRIES),
  });
  const connection = new Connection({
    url: (cursor) => socketUrl(environment.pageUrl, paths, ref, cursor, viewerId),
    cursor: () => conversation.cursor.peek(),
    dropCursor: () => conversation.dropCursor(),
    receive: (envelope) => conversation.receive(envelope),
    async findRefusal() {
      const result = await api.getWorker(ref);
      if (result.ok) return "answered";
      if (result.failure.kind !== "problem") return undefined;
      return { code: result.failure.code, message: result.failure.detail };
    },
    async loadFallback() {
      const { sseSockets } = await import("../client/sse-socket.ts");
      return sseSockets();
    },
    clock,
    scheduler: environment.scheduler,
    random: environment.random,
    WebSocket: environment.WebSocket,
    noteReadOnly(isReadOnly) {
      frame.isReadOnly.value = isReadOnly;
    },
    isOnline: environment.isOnline,
  });
  // What has ended for good is at work no more, whatever was seen last.
  const runningSince = computed(() => {
    const run = conversation.run.value;
    return run.state === "active" && connection.state.value.kind !== "ended" ? run.started_ts : undefined;
  });
  const isRunning = computed(() => runningSince.value !== undefined);
  /** Whether nothing can follow, so that what was being written stays as it is. */
  const isOver = computed(() => conversation.shutDown.value || connection.state.value.kind === "ended");
  const drafts = createDrafts(ref, environment.storage);
  const composer = new Composer({
    ref,
    api,
    drafts,
    clock,
    createSubmissionId,
    entries: conversation.entries,
    runningSince,
  });
  /** Absent until it has been loaded. */
  const outbox = signal<Outbox | undefined>(undefined);
  return {
    ...frame,
    data,
    /** By which the demo's tour finds this page's socket; absent elsewhere. */
    viewerId,
    conversation,
    connection,
    drafts,
    composer,
    outbox,
    /** Sends what is in the message box, or lets it wait for its turn. */
    async submit(): Promise<void> {
      const queue = outbox.peek()?.queue;
      if (queue?.isBusy.peek()) composer.handOver(queue.add);
      else await composer.submit();
    },
    isRunning,
    /** What people call the Worker. */
    label: computed(() => frame.listedLabel.value ?? (conversation.greeting.value.worker_name || ref.worker_id)),
    /** Whether the person can still write to the Worker. */
    takesInput: computed(() => !isOver.value && !frame.isReadOnly.value),
    isOver,
  };
}
export type Console = ReturnType<typeof createConsole>;

function socketUrl(
  pageUrl: string,
  paths: Paths,
  ref: WorkerRef,
  cursor: ClientCursor | undefined,
  viewerId: ViewerId | undefined,
): string {
  const url = new URL(`${paths.workerApi(ref)}/events/ws`, pageUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("heartbeat", "1");
  if (cursor !== undefined) url.searchParams.set("cursor", cursor);
  if (viewerId !== undefined) url.searchParams.set("viewer_id", viewerId);
  return url.href;
}
