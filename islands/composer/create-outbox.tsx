/**
 * The outbox of a page: the queue with its look, and the actions of messages. Owns the wiring to the browser (storage,
 * other tabs, locks); loaded once the page has come alive, since nobody needs it before.
 */
import { computed, signal } from "@preact/signals";
import { createSubmissionId } from "../../client/submission-id.ts";
import type { Console } from "../console.ts";
import { turnMessagesFor } from "../messages-turns.ts";
import type { Outbox, TurnActionsProps } from "../outbox.ts";
import { alone } from "../store/alone.ts";
import type { DraftStorage } from "../store/drafts.ts";
import { createQueueStorage } from "../store/queue-storage.ts";
import { Queue } from "../store/queue.ts";
import { TurnActions } from "../transcript/turn-actions.tsx";
import { QueueView } from "./queue-view.tsx";

export function createOutbox(page: Console, storage: () => DraftStorage | undefined): Outbox {
  const { ref, api, clock, conversation, connection, takesInput } = page;
  const words = turnMessagesFor(page.data.locale);
  const queue = new Queue({
    ref,
    api,
    clock,
    createSubmissionId,
    storage: createQueueStorage(ref, storage),
    alone: (work) => alone(browserLocks(), `yoi.queue:${ref.runtime_id}/${ref.worker_id}`, work),
    entries: conversation.entries,
    run: conversation.run,
    isLive: computed(() => takesInput.value && connection.state.value.kind === "live"),
  });
  addEventListener("storage", (event) => queue.storageChanged(event));
  /** What a listener is told of an action that shows by itself to those who see. */
  const said = signal("");
  return {
    queue,
    QueueView: () => <QueueView queue={queue} words={words.queue} said={said} />,
    TurnActions: (props: TurnActionsProps) => <TurnActions {...props} words={words.turn} said={said} />,
  };
}

/** Absent where the page came over plain http. */
function browserLocks(): LockManager | undefined {
  return "locks" in navigator ? navigator.locks : undefined;
}
