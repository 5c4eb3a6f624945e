/** The way to a new Worker on a Runtime, and what became of it when it failed. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RuntimeId } from "../../protocol/id.ts";
import { useFrame } from "../context.ts";
import { againWords, problemWords } from "../failure-words.ts";
import type { Frame } from "../frame.ts";
import { Icon } from "../icon.tsx";
import { isOutcomeUnknown } from "../outcome-unknown.ts";
import type { ApiFailure } from "../store/api-client.ts";
import type { RuntimeGroup } from "../store/worker-list.ts";
import { listMessagesFor } from "./messages-list.ts";
import { refusalOf, runtimeIds } from "./runtime-state.tsx";

/** By then the next page has come, as a rule, or won't. */
const LEAVING_MS = 10_000;

export function NewWorker({ group, name }: { readonly group: RuntimeGroup; readonly name: string }) {
  const { workers, messages, paths } = useFrame();
  // As the server rendered it until this very part is alive: the page may be so before.
  const isAlive = useSignal(false);
  /** From then on until the new one's page comes, which may take a while: another press would make another Worker. */
  const isLeaving = useSignal(false);
  const stay = () => (isLeaving.value = false);
  useEffect(() => {
    isAlive.value = true;
    // The browser may bring this page back as it was left.
    addEventListener("pageshow", stay);
    return () => removeEventListener("pageshow", stay);
  }, []);
  const refusal = refusalOf(group.runtime, messages);
  const { reasonId } = runtimeIds(group.runtimeId);
  const create = async () => {
    const count = workers.groups.peek().reduce((sum, other) => sum + other.workers.length, 0);
    const made = await workers.create(group.runtimeId, messages.workerName(count + 1));
    if (made === undefined) return;
    isLeaving.value = true;
    // A person may stop the next page from coming, which nobody tells this one.
    setTimeout(stay, LEAVING_MS);
    location.assign(paths.workerPage(made));
  };
  return (
    <button
      type="button"
      class="icon-button needs-script"
      aria-label={name}
      title={refusal ?? name}
      disabled={!isAlive.value || isLeaving.value || workers.spawn.value.kind === "making"}
      // Not `disabled`: whoever comes by the keyboard is to hear why.
      aria-disabled={refusal === undefined ? undefined : "true"}
      aria-describedby={refusal === undefined ? undefined : reasonId}
      onClick={() => {
        if (refusal === undefined) void create();
      }}
    >
      <Icon name="plus" />
    </button>
  );
}

export function SpawnFailure({ runtimeId }: { readonly runtimeId: RuntimeId }) {
  const frame = useFrame();
  const spawn = frame.workers.spawn.value;
  if (spawn.kind !== "failed" || spawn.runtimeId !== runtimeId) return null;
  return (
    <p class="notice" role="alert">
      {spawnWords(spawn.failure, frame) + againWords(spawn.failure, frame)}
    </p>
  );
}

function spawnWords(failure: ApiFailure | undefined, { messages, locale }: Frame): string {
  const words = listMessagesFor(locale);
  if (isOutcomeUnknown(failure)) return words.newWorkerUnknown;
  const reason = failure?.kind === "problem" ? problemWords(failure.code, failure.detail, messages) : "";
  return `${words.newWorkerFailed} ${reason}`.trimEnd();
}
