/**
 * The messages that wait, above the message box. Owns their order under the pointer and the keys, and where the focus
 * goes when one has moved or left; when they are sent is the queue's matter (`store/queue.ts`).
 */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { SubmissionId } from "../../protocol/id.ts";
import { useConsole } from "../context.ts";
import { failureWords } from "../failure-words.ts";
import type { TurnMessages } from "../messages-turns.ts";
import type { Hold, Queue } from "../store/queue.ts";
import { followHistory } from "./history.ts";
import { QueueItem } from "./queue-item.tsx";

export interface QueueViewProps {
  readonly queue: Queue;
  readonly words: TurnMessages["queue"];
  readonly said: Signal<string>;
}

export function QueueView({ queue, words, said }: QueueViewProps) {
  const page = useConsole();
  const { composer } = page;
  useEffect(() => {
    const field = composerField();
    return field ? followHistory(field, page) : undefined;
  }, []);
  const text = composer.text.value;
  const isFull = text !== "" && queue.isBusy.value && !queue.hasRoomFor(text.length);
  return (
    <>
      <p class="visually-hidden" role="status">
        {said.value}
      </p>
      {queue.items.value.length > 0 && <Waiting queue={queue} words={words} said={said} />}
      {isFull && (
        <p class="composer-aside" role="status">
          {words.full}
        </p>
      )}
      {composer.hasUnsent.value && (
        <p class="composer-aside">
          {words.draftKept}{" "}
          <button
            type="button"
            class="quiet-button"
            onClick={() => {
              composer.putBack();
              composerField()?.focus();
            }}
          >
            {words.backToDraft}
          </button>
        </p>
      )}
    </>
  );
}

function Waiting({ queue, words, said }: QueueViewProps) {
  const page = useConsole();
  const { composer } = page;
  const list = useRef<HTMLOListElement>(null);
  const dragged = useSignal<SubmissionId | undefined>(undefined);
  /** The button that gets the focus with the next rendering, also where nothing else has changed. */
  const wanted = useSignal<{ readonly place: number; readonly button: string } | undefined>(undefined);
  const items = queue.items.value;
  const hold = queue.hold.value;

  const next = wanted.value;
  // What was only touched is no place that somebody goes on from by keys.
  const isAmongThem = () => Boolean(list.current?.querySelector(":focus-visible"));
  const wasAmongThem = isAmongThem();

  useLayoutEffect(() => {
    if (next) list.current?.children[next.place]?.querySelector<HTMLElement>(`[name=${next.button}]`)?.focus();
    wanted.value = undefined;
    // The message under the focus has gone out, or away.
    if (wasAmongThem && document.activeElement === document.body) composerField()?.focus();
  });
  useLayoutEffect(
    () => () => {
      if (isAmongThem()) composerField()?.focus();
    },
    [],
  );

  const move = (id: SubmissionId, place: number, button: string) => {
    if (place < 0 || place >= items.length) return;
    wanted.value = { place, button };
    queue.move(id, place);
    said.value = words.moved(place + 1, items.length);
  };
  const remove = (id: SubmissionId, place: number) => {
    wanted.value = { place: Math.min(place, items.length - 2), button: "remove" };
    queue.remove(id);
    if (items.length === 1) composerField()?.focus();
  };
  const drag = (event: PointerEvent) => {
    const id = dragged.peek();
    if (id === undefined || !list.current) return;
    const rows = [...list.current.children].filter((_, place) => items[place]?.submission_id !== id);
    const place = rows.filter((row) => middleOf(row) < event.clientY).length;
    if (items[place]?.submission_id !== id) queue.move(id, place);
  };

  return (
    <section class="queue" aria-label={words.label}>
      <div class="queue-head">
        <p role="status">{hold ? holdWords(hold, words, page) : words.waiting(items.length)}</p>
        {hold && (
          <button
            type="button"
            class="quiet-button"
            onClick={() => {
              queue.release();
              composerField()?.focus();
            }}
          >
            {words.sendNow}
          </button>
        )}
      </div>
      <ol
        ref={list}
        data-dragging={dragged.value === undefined ? undefined : ""}
        onPointerMove={drag}
        onPointerUp={() => (dragged.value = undefined)}
        onLostPointerCapture={() => (dragged.value = undefined)}
      >
        {items.map((item, place) => (
          <QueueItem
            key={item.submission_id}
            item={item}
            place={place}
            count={items.length}
            isSending={queue.sending.value === item.submission_id}
            isDragged={dragged.value === item.submission_id}
            words={words}
            onGrab={(event) => {
              event.preventDefault();
              // The list keeps the pointer: an item that changes its place would lose it.
              list.current?.setPointerCapture(event.pointerId);
              dragged.value = item.submission_id;
            }}
            onMove={(to, button) => move(item.submission_id, to, button)}
            onRemove={() => remove(item.submission_id, place)}
            onEditBegin={() => queue.beginEdit(item.submission_id)}
            onEditEnd={(text) => {
              wanted.value = { place, button: "edit" };
              // What has gone out meanwhile, or would be too long, can't be changed: the other words go into the box.
              if (!queue.endEdit(item.submission_id, text) && text !== item.text) composer.takeUp(text, item.text);
            }}
          />
        ))}
      </ol>
    </section>
  );
}

function holdWords(hold: Hold, words: TurnMessages["queue"], page: Parameters<typeof failureWords>[1]): string {
  switch (hold.kind) {
    case "stopped":
      return words.heldStopped;
    case "failed":
      return words.heldFailed;
    case "refused":
      return failureWords(hold.failure, page);
  }
}

function middleOf(row: Element): number {
  const { top, height } = row.getBoundingClientRect();
  return top + height / 2;
}

function composerField(): HTMLTextAreaElement | null {
  return document.querySelector<HTMLTextAreaElement>("#composer-input");
}
