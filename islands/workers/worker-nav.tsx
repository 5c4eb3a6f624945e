/** The Workers of the workspace: a link to each, with its state, and the way to a new one. */
import type { WorkerSummary } from "../../protocol/backend-api.ts";
import { useConsole } from "../context.ts";
import { Icon } from "../icon.tsx";
import { workerPagePath } from "../store/api-client.ts";

export function WorkerNav() {
  const { workers, messages, ref, isInteractive } = useConsole();
  const spawn = workers.spawn.value;
  const create = async () => {
    const made = await workers.create(ref.runtime_id, messages.workerName(workers.workers.peek().length + 1));
    if (made) location.assign(workerPagePath(made));
  };
  return (
    <>
      <div class="nav-head">
        <h2>{messages.workers}</h2>
        <button
          type="button"
          class="icon-button needs-script"
          aria-label={messages.newWorker}
          title={messages.newWorker}
          disabled={!isInteractive.value || spawn.kind === "making"}
          onClick={() => void create()}
        >
          <Icon name="plus" />
        </button>
      </div>
      {spawn.kind === "failed" && (
        <p class="notice" role="alert">
          {messages.newWorkerFailed} {spawn.failure?.kind === "problem" ? spawn.failure.detail : ""}
        </p>
      )}
      <ul class="worker-list">
        {workers.workers.value.map((worker) => (
          <WorkerItem key={`${worker.runtime_id}/${worker.worker_id}`} worker={worker} />
        ))}
      </ul>
    </>
  );
}

function WorkerItem({ worker }: { readonly worker: WorkerSummary }) {
  const { messages, ref, isRunning } = useConsole();
  const isSelected = worker.runtime_id === ref.runtime_id && worker.worker_id === ref.worker_id;
  // What this page sees itself is newer than the list.
  const status =
    isSelected && isRunning.value ? "running" : isSelected && worker.status === "running" ? "idle" : worker.status;
  return (
    <li>
      <a href={workerPagePath(worker)} aria-current={isSelected ? "page" : undefined} data-status={status}>
        <span class="dot" aria-hidden="true" />
        <span class="worker-name">{worker.label}</span>
        <span class="worker-status">{messages.workerStatus(status)}</span>
      </a>
    </li>
  );
}
