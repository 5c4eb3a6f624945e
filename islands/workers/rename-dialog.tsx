/** Asks for a Worker's new name, and says so when it could not be given. */
import { useSignal } from "@preact/signals";
import { DISPLAY_NAME_MAX_CHARS } from "../../protocol/runtime-api.ts";
import { useFrame } from "../context.ts";
import { againWords, problemWords } from "../failure-words.ts";
import { isOutcomeUnknown } from "../outcome-unknown.ts";
import type { ApiFailure } from "../store/api-client.ts";
import { workerKey } from "../store/worker-list.ts";
import { Dialog } from "../tools/dialog.tsx";
import type { ToolProps } from "../tools/open-tool.tsx";
import { useToolMessages } from "../tools/tool-context.ts";

const HINT_ID = "rename-worker-hint";

export function RenameDialog({ tool, close }: ToolProps) {
  const frame = useFrame();
  const { api, workers, messages, ref, ime } = frame;
  const words = useToolMessages().renameDialog;
  const target = tool.kind === "rename-worker" ? tool.target : ref;
  const listed = workers.workers.peek().find(({ worker }) => workerKey(worker) === workerKey(target));
  const name = useSignal(listed?.worker.label ?? "");
  const state = useSignal<"asking" | "saving" | "empty" | ApiFailure>("asking");
  const isSaving = state.value === "saving";

  const rename = async () => {
    const wanted = name.peek().trim();
    if (state.peek() === "saving") return;
    if (wanted === "") {
      state.value = "empty";
      return;
    }
    state.value = "saving";
    const result = await api.renameWorker(target, wanted);
    void workers.refresh();
    if (result.ok) close();
    else state.value = result.failure;
  };

  return (
    <Dialog kind="rename" title={words.title} describedBy={HINT_ID} onClose={close}>
      <form
        class="tool-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void rename();
        }}
      >
        <label>
          {words.name}
          <input
            type="text"
            autofocus
            autoComplete="off"
            maxLength={DISPLAY_NAME_MAX_CHARS}
            value={name.value}
            aria-invalid={state.value === "empty" ? "true" : undefined}
            onFocus={(event) => event.currentTarget.select()}
            onInput={(event) => (name.value = event.currentTarget.value)}
            onKeyDown={(event) => {
              // A key that ends a conversion of an input method sends nothing.
              if (event.key === "Enter" && ime.owns(event)) event.preventDefault();
            }}
          />
        </label>
        <p id={HINT_ID} class="choice-hint">
          {words.hint}
        </p>
        <p class="tool-problem" role="alert">
          {problemOf(state.value)}
        </p>
        <div class="tool-buttons">
          <button type="button" class="plain-button" onClick={close}>
            {words.cancel}
          </button>
          <button type="submit" class="plain-button" aria-disabled={isSaving ? "true" : undefined}>
            {isSaving ? words.saving : words.confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );

  function problemOf(now: "asking" | "saving" | "empty" | ApiFailure): string {
    if (now === "empty") return words.empty;
    if (typeof now !== "object") return "";
    if (isOutcomeUnknown(now)) return words.unknown;
    const reason = now.kind === "problem" ? problemWords(now.code, now.detail, messages) : "";
    return `${words.failed} ${reason}`.trimEnd() + againWords(now, frame);
  }
}
