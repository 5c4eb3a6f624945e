/** How a Runtime is, in a person's words: whether it runs, since when it is away, and why. */
import type { RuntimeId } from "../../protocol/id.ts";
import type { ListedRuntime } from "../console-data.ts";
import { useFrame } from "../context.ts";
import { problemWords } from "../failure-words.ts";
import type { Messages } from "../messages.ts";
import type { RuntimeGroup } from "../store/worker-list.ts";
import { Time } from "../time.tsx";

/** Ids of the elements that speak of a Runtime. */
export function runtimeIds(runtimeId: RuntimeId): { readonly headingId: string; readonly reasonId: string } {
  return { headingId: `runtime-${runtimeId}`, reasonId: `runtime-${runtimeId}-reason` };
}

/** Why the Runtime makes no Workers now; `undefined` when it does, or when that is not known. */
export function refusalOf(runtime: ListedRuntime | undefined, messages: Messages): string | undefined {
  if (runtime === undefined || runtime.capabilities.can_spawn_worker) return undefined;
  return troubleOf(runtime, messages) ?? messages.takesNoWorkers;
}

/** What keeps a Runtime from running. */
function troubleOf(runtime: ListedRuntime, messages: Messages): string | undefined {
  if (runtime.status === "stopped") return messages.problem("runtime_stopped");
  if (runtime.status !== "unavailable") return undefined;
  const [first] = runtime.diagnostics;
  return first ? problemWords(first.code, first.message, messages) : messages.problem("runtime_unavailable");
}

export function RuntimeState({ group }: { readonly group: RuntimeGroup }) {
  const { messages } = useFrame();
  const { runtime } = group;
  if (runtime === undefined) return null;
  const { reasonId } = runtimeIds(group.runtimeId);
  const reason = troubleOf(runtime, messages) ?? refusalOf(runtime, messages);
  const seenAt = runtime.last_seen_at ?? undefined;
  return (
    <>
      <p class="runtime-state" data-status={runtime.status}>
        <span class="dot" aria-hidden="true" />
        {runtime.status === "unavailable" && seenAt !== undefined ? (
          <span>
            {messages.runtimeAwaySince[0]}
            <Time at={Date.parse(seenAt)} />
            {messages.runtimeAwaySince[1]}
          </span>
        ) : (
          <span>{messages.runtimeStatus(runtime.status)}</span>
        )}
      </p>
      {reason !== undefined && (
        <p class="runtime-reason" id={reasonId}>
          {reason}
        </p>
      )}
    </>
  );
}
