/**
 * The person's own messages under the arrow keys: ↑ where the caret stands at the very beginning takes up the one before,
 * ↓ comes back, at last to what was being written. Owns the keys; what is kept meanwhile is the composer's.
 */
import { isKnownEntry, type LogEntry } from "../../protocol/entry.ts";
import { flattenSegments } from "../../protocol/segment.ts";
import type { Console } from "../console.ts";

type HistoryPage = Pick<Console, "composer" | "conversation" | "ime">;

/** Listens to a field's keys until the returned function is called. */
export function followHistory(field: HTMLTextAreaElement, { composer, conversation, ime }: HistoryPage): () => void {
  let texts: readonly string[] = [];
  /** Place in `texts` of what the field shows. */
  let place = 0;

  const show = (caret: number) => {
    // At once, so that the caret can be put; the component finds it done.
    field.value = composer.text.peek();
    field.setSelectionRange(caret, caret);
  };
  const onKey = (event: KeyboardEvent) => {
    const isUp = event.key === "ArrowUp";
    if (!isUp && event.key !== "ArrowDown") return;
    if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey || ime.owns(event) || field.readOnly) return;
    const { selectionStart, selectionEnd, value } = field;
    const isBrowsing = texts[place] !== undefined && texts[place] === value;
    const isAtStart = selectionStart === 0 && selectionEnd === 0;
    const isAtEnd = selectionStart === value.length && selectionEnd === value.length;
    if (isUp && isAtStart) {
      if (!isBrowsing) texts = ownMessages(conversation.entries.peek());
      const next = isBrowsing ? place + 1 : 0;
      const text = texts[next];
      if (text === undefined) return;
      place = next;
      composer.takeUp(text);
      show(0);
    } else if (!isUp && isBrowsing && (isAtStart || isAtEnd)) {
      const text = texts[place - 1];
      place -= 1;
      if (text === undefined) {
        texts = [];
        place = 0;
        composer.putBack();
        show(composer.text.peek().length);
      } else {
        composer.takeUp(text);
        show(0);
      }
    } else return;
    event.preventDefault();
  };
  field.addEventListener("keydown", onKey);
  return () => field.removeEventListener("keydown", onKey);
}

/** What the person has said, newest first, the same words in a row once. */
export function ownMessages(entries: readonly LogEntry[]): readonly string[] {
  const texts: string[] = [];
  for (let at = entries.length - 1; at >= 0; at -= 1) {
    const entry = entries[at];
    if (entry === undefined || !isKnownEntry(entry) || entry.kind !== "user_input") continue;
    const text = flattenSegments(entry.segments);
    if (text !== "" && text !== texts.at(-1)) texts.push(text);
  }
  return texts;
}
