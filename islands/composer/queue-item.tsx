/** One message that waits: its words, what can be done with it, and the field in which it is edited. */
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { INPUT_MAX_CHARS } from "../../protocol/runtime-api.ts";
import { useConsole } from "../context.ts";
import type { TurnMessages } from "../messages-turns.ts";
import type { Queued } from "../store/queue-storage.ts";
import { isSendKey } from "./ime.ts";
import { Toolbar } from "./toolbar.tsx";

type Words = TurnMessages["queue"];

/** No more of a long message is shown in its two lines. */
const SHOWN_CHARS = 400;

export interface QueueItemProps {
  readonly item: Queued;
  readonly place: number;
  readonly count: number;
  readonly isSending: boolean;
  readonly isDragged: boolean;
  readonly words: Words;
  readonly onGrab: (event: PointerEvent) => void;
  readonly onMove: (place: number, button: string) => void;
  readonly onRemove: () => void;
  readonly onEditBegin: () => void;
  /** Also when it leaves the page, or the page goes away, in the middle of editing. */
  readonly onEditEnd: (text: string) => void;
}

export function QueueItem(props: QueueItemProps) {
  const { item, place, count, isSending, isDragged, words, onGrab, onMove, onRemove } = props;
  const isEditing = useSignal(false);
  if (isEditing.value && !isSending) {
    return (
      <li class="queue-item" data-editing="">
        <Editor
          text={item.text}
          words={words}
          onEnd={(text) => {
            isEditing.value = false;
            props.onEditEnd(text);
          }}
        />
      </li>
    );
  }
  return (
    <li class="queue-item" data-dragged={isDragged ? "" : undefined} data-sending={isSending ? "" : undefined}>
      <span class="queue-handle" title={words.drag} aria-hidden="true" onPointerDown={isSending ? undefined : onGrab} />
      <p class="queue-text">{item.text.slice(0, SHOWN_CHARS)}</p>
      {isSending ? (
        <span class="queue-state">{words.onItsWay}</span>
      ) : (
        <Toolbar
          label={words.actions(place + 1)}
          actions={[
            { name: "edit", label: words.edit },
            { name: "up", label: words.moveUp, isOff: place === 0 },
            { name: "down", label: words.moveDown, isOff: place === count - 1 },
            { name: "remove", label: words.remove },
          ]}
          onAction={(name) => {
            if (name === "up") onMove(place - 1, name);
            else if (name === "down") onMove(place + 1, name);
            else if (name === "remove") onRemove();
            else {
              props.onEditBegin();
              isEditing.value = true;
            }
          }}
        />
      )}
    </li>
  );
}

interface EditorProps {
  readonly text: string;
  readonly words: Words;
  readonly onEnd: (text: string) => void;
}

function Editor({ text, words, onEnd }: EditorProps) {
  const { ime, preferences, messages, formats } = useConsole();
  const field = useRef<HTMLTextAreaElement>(null);
  const value = useSignal(text);
  const hasEnded = useRef(false);
  const tooLongBy = Math.max(0, value.value.length - INPUT_MAX_CHARS);
  const canSave = tooLongBy === 0 && /\S/.test(value.value);
  const end = (words: string) => {
    if (hasEnded.current) return;
    hasEnded.current = true;
    onEnd(words);
  };
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
    const leave = () => end(value.peek());
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      leave();
    };
  }, []);
  return (
    <div class="queue-editor">
      <textarea
        ref={field}
        rows={2}
        aria-label={words.editLabel}
        value={value.value}
        onInput={(event) => (value.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && !ime.owns(event)) {
            // It gives up the change, and not the run.
            event.preventDefault();
            end(text);
          } else if (isSendKey(event, ime, preferences.sendKey.peek())) {
            event.preventDefault();
            if (canSave) end(value.peek());
          }
        }}
      />
      <div class="queue-editor-foot">
        {tooLongBy > 0 && <span class="too-long">{messages.tooLong(formats.number(tooLongBy))}</span>}
        <button type="button" class="quiet-button" onClick={() => end(text)}>
          {words.cancel}
        </button>
        <button type="button" class="quiet-button" disabled={!canSave} onClick={() => end(value.peek())}>
          {words.save}
        </button>
      </div>
    </div>
  );
}
