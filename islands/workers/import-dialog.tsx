/** Takes a conversation's file, makes a Worker with it and goes there, or says what is wrong with the file. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { CONVERSATION_MAX_BYTES } from "../../protocol/conversation-file.ts";
import type { RuntimeId } from "../../protocol/id.ts";
import { useFrame } from "../context.ts";
import { againWords, problemWords } from "../failure-words.ts";
import { isOutcomeUnknown } from "../outcome-unknown.ts";
import type { ApiFailure } from "../store/api-client.ts";
import { Dialog } from "../tools/dialog.tsx";
import type { ToolProps } from "../tools/open-tool.tsx";
import { useToolMessages } from "../tools/tool-context.ts";

const TEXT_ID = "import-text";
const MEBI = 1024 * 1024;

type State = "asking" | "reading" | "no-file" | "too-large" | "gone" | ApiFailure;

export function ImportDialog({ close }: ToolProps) {
  const frame = useFrame();
  const { api, workers, messages, paths, ref } = frame;
  const words = useToolMessages().importDialog;
  const field = useRef<HTMLInputElement>(null);
  const state = useSignal<State>("asking");
  const makers = workers.groups.value.filter(({ runtime }) => runtime?.capabilities.can_spawn_worker !== false);
  const own = makers.find(({ runtimeId }) => runtimeId === ref.runtime_id) ?? makers[0];
  const chosen = useSignal<RuntimeId>(own?.runtimeId ?? ref.runtime_id);
  const isReading = state.value === "reading";
  const isClosed = useRef(false);
  useEffect(() => () => void (isClosed.current = true), []);

  const importFile = async () => {
    if (state.peek() === "reading") return;
    const file = field.current?.files?.[0];
    if (file === undefined) return void (state.value = "no-file");
    if (file.size > CONVERSATION_MAX_BYTES) return void (state.value = "too-large");
    state.value = "reading";
    try {
      // One that was changed or moved since it was chosen fails only when it is read.
      await file.slice(0, 1).arrayBuffer();
    } catch {
      state.value = "gone";
      return;
    }
    const result = await api.importConversation(chosen.peek(), file);
    // Whoever has closed the dialog does something else now; the list will show the Worker.
    if (isClosed.current) return workers.refresh();
    if (result.ok && result.value.worker) return location.assign(paths.workerPage(result.value.worker));
    void workers.refresh();
    state.value = result.ok ? { kind: "malformed", status: 200 } : result.failure;
  };

  return (
    <Dialog kind="import" title={words.title} describedBy={TEXT_ID} onClose={close}>
      <form
        class="tool-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void importFile();
        }}
      >
        <p id={TEXT_ID}>{words.text}</p>
        <label>
          {words.file}
          <input
            ref={field}
            type="file"
            accept="application/json,.json"
            autofocus
            onChange={() => {
              if (state.peek() !== "reading") state.value = "asking";
            }}
          />
        </label>
        {makers.length > 1 && (
          <label>
            {words.runtime}
            <select
              value={chosen.value}
              onChange={(event) => {
                const maker = makers.find(({ runtimeId }) => runtimeId === event.currentTarget.value);
                if (maker) chosen.value = maker.runtimeId;
              }}
            >
              {makers.map(({ runtimeId, label }) => (
                <option key={runtimeId} value={runtimeId}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        )}
        <p class="tool-problem" role="alert">
          <Problem />
        </p>
        <div class="tool-buttons">
          <button type="button" class="plain-button" onClick={close}>
            {words.cancel}
          </button>
          <button type="submit" class="plain-button" aria-disabled={isReading ? "true" : undefined}>
            {isReading ? words.reading : words.confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );

  function Problem() {
    const now = state.value;
    if (now === "no-file") return <>{words.noFile}</>;
    if (now === "too-large") return <>{words.tooLarge(CONVERSATION_MAX_BYTES / MEBI)}</>;
    if (now === "gone") return <>{words.gone}</>;
    if (typeof now !== "object") return null;
    if (isOutcomeUnknown(now)) return <>{words.unknown}</>;
    if (now.kind === "problem" && (now.code === "invalid_request" || now.code === "invalid_json")) {
      return (
        <>
          {words.notRight} <code lang="en">{now.detail}</code>
        </>
      );
    }
    const reason = now.kind === "problem" ? problemWords(now.code, now.detail, messages) : "";
    return <>{`${words.failed} ${reason}`.trimEnd() + againWords(now, frame)}</>;
  }
}
