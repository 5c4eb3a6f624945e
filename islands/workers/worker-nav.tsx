/**
 * The Workers of the workspace: a link to each, with its state, and the way to a new one. Where there are several
 * Runtimes, the Workers stand under theirs; with one, nothing is said of it as long as it runs.
 */
import { useFrame } from "../context.ts";
import { Icon } from "../icon.tsx";
import { workerKey, type ListedWorker, type RuntimeGroup } from "../store/worker-list.ts";
import { listMessagesFor } from "./messages-list.ts";
import { NewWorker, SpawnFailure } from "./new-worker.tsx";
import { RuntimeState, runtimeIds } from "./runtime-state.tsx";

export function WorkerNav() {
  const { workers, messages, isReadOnly } = useFrame();
  const groups = workers.groups.value;
  const only = groups.length === 1 ? groups[0] : undefined;
  return (
    <>
      <div class="nav-head">
        <h2>{messages.workers}</h2>
        {!isReadOnly.value && <ImportButton />}
        {only && !isReadOnly.value && <NewWorker group={only} name={messages.newWorker} />}
      </div>
      {only && <OnlyRuntime group={only} />}
      {!only && groups.map((group) => <RuntimeSection group={group} key={group.runtimeId} />)}
    </>
  );
}

function ImportButton() {
  const { messages } = useFrame();
  const name = messages.importConversation;
  return (
    <button type="button" class="icon-button needs-script" data-tool="import" aria-label={name} title={name}>
      <Icon name="import" />
    </button>
  );
}

function OnlyRuntime({ group }: { readonly group: RuntimeGroup }) {
  const isQuiet = group.runtime === undefined || group.runtime.status === "running";
  return (
    <>
      {!isQuiet && <RuntimeState group={group} />}
      <SpawnFailure runtimeId={group.runtimeId} />
      <WorkerItems workers={group.workers} />
    </>
  );
}

function RuntimeSection({ group }: { readonly group: RuntimeGroup }) {
  const { messages, locale, isReadOnly } = useFrame();
  const words = listMessagesFor(locale);
  const { headingId } = runtimeIds(group.runtimeId);
  const isAway = group.runtime?.status === "unavailable";
  return (
    <section class="runtime" aria-labelledby={headingId}>
      <h3 id={headingId} title={group.label}>
        {group.label}
      </h3>
      <RuntimeState group={group} />
      {!isReadOnly.value && <NewWorker group={group} name={messages.newWorkerOn(group.label)} />}
      <SpawnFailure runtimeId={group.runtimeId} />
      {group.workers.length > 0 ? (
        <WorkerItems workers={group.workers} />
      ) : (
        <p class="runtime-empty">{isAway ? words.workersUnknown : words.noWorkers}</p>
      )}
    </section>
  );
}

function WorkerItems({ workers }: { readonly workers: readonly ListedWorker[] }) {
  return (
    <ul class="worker-list">
      {workers.map((listed) => (
        <WorkerItem key={workerKey(listed.worker)} listed={listed} />
      ))}
    </ul>
  );
}

function WorkerItem({ listed: { worker, isUnreachable } }: { readonly listed: ListedWorker }) {
  const { messages, paths, ref, isRunning, unread } = useFrame();
  const key = workerKey(worker);
  const isSelected = key === workerKey(ref);
  const isUnread = unread.value.has(key);
  let status: string = worker.status;
  if (isUnreachable) status = "unreachable";
  // What this page sees itself is newer than the list.
  else if (isSelected && isRunning.value) status = "running";
  else if (isSelected && status === "running") status = "idle";
  const reason = messages.workerStatusReason(status);
  return (
    <li>
      <a
        href={paths.workerPage(worker)}
        aria-current={isSelected ? "page" : undefined}
        data-status={status}
        data-unread={isUnread ? "" : undefined}
        title={reason}
      >
        <span class="dot" aria-hidden="true" />
        <span class="worker-name">{worker.label}</span>
        <span class="worker-status">{isUnread ? messages.newAnswer : messages.workerStatus(status)}</span>
      </a>
    </li>
  );
}
