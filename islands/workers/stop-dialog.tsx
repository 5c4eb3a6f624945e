/** Asks before a Worker is stopped for good, and says so when that failed. */
import { useComputed, useSignal } from "@preact/signals";
import { useFrame } from "../context.ts";
import { againWords, problemWords } from "../failure-words.ts";
import { isOutcomeUnknown } from "../outcome-unknown.ts";
import type { ApiFailure } from "../store/api-client.ts";
import { Dialog } from "../tools/dialog.tsx";
import type { ToolProps } from "../tools/open-tool.tsx";
import { useToolMessages } from "../tools/tool-context.ts";

const TEXT_ID = "stop-worker-text";

export function StopDialog({ tool, close }: ToolProps) {
  const frame = useFrame();
  const { api, workers, messages, ref, label, isRunning } = frame;
  const words = useToolMessages().stopDialog;
  const state = useSignal<"asking" | "stopping" | ApiFailure>("asking");
  const target = tool.kind === "stop-worker" ? tool.target : ref;
  const isShown = target.runtime_id === ref.runtime_id && target.worker_id === ref.worker_id;
  const listed = useComputed(() =>
    workers.workers.value.find(
      ({ worker }) => worker.runtime_id === target.runtime_id && worker.worker_id === target.worker_id,
    ),
  );
  const name = isShown ? label.value : (listed.value?.worker.label ?? target.worker_id);
  const isAtWork = isShown ? isRunning.value : listed.value?.worker.status === "running";
  const stop = async () => {
    if (state.peek() === "stopping") return;
    state.value = "stopping";
    const result = await api.stopWorker(target);
    void workers.refresh();
    if (result.ok) close();
    else state.value = result.failure;
  };
  return (
    <Dialog kind="stop" title={words.title(name)} role="alertdialog" describedBy={TEXT_ID} onClose={close}>
      <p id={TEXT_ID}>
        {words.text}
        {isAtWork && ` ${words.textRunning}`}
      </p>
      <p class="tool-problem" role="alert">
        {typeof state.value === "object" && failureOf(state.value)}
      </p>
      <div class="tool-buttons">
        <button type="button" class="plain-button" autofocus onClick={close}>
          {words.cancel}
        </button>
        <button
          type="button"
          class="plain-button danger"
          aria-disabled={state.value === "stopping" ? "true" : undefined}
          onClick={() => void stop()}
        >
          {state.value === "stopping" ? words.stopping : words.confirm}
        </button>
      </div>
    </Dialog>
  );

  function failureOf(failure: ApiFailure): string {
    if (isOutcomeUnknown(failure)) return words.unknown;
    const reason = failure.kind === "problem" ? problemWords(failure.code, failure.detail, messages) : "";
    return `${words.failed} ${reason}`.trimEnd() + againWords(failure, frame);
  }
}
