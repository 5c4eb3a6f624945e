/** What has come since the reader left the end: how many messages. Only what is new is looked at, once. */
import { useSignal, useSignalEffect, type ReadonlySignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { isKnownEntry, isKnownItem, type LogEntry } from "../../protocol/entry.ts";
import type { RowSource } from "./rows.tsx";

export function useNews(
  { entries, start, blocks }: RowSource,
  isAtEnd: ReadonlySignal<boolean>,
): ReadonlySignal<number> {
  const count = useSignal(0);
  /** The place up to which everything is counted, or was seen before. */
  const countedTo = useRef<number | undefined>(undefined);
  useSignalEffect(() => {
    if (isAtEnd.value) {
      countedTo.current = undefined;
      count.value = 0;
      return;
    }
    const first = start.value;
    const end = first + entries.value.length;
    // What was being written when the reader left is not new.
    const from = (countedTo.current ??= end + blocks.peek().length);
    let found = 0;
    for (let index = Math.max(from, first); index < end; index += 1) {
      if (isMessage(entries.value[index - first])) found += 1;
    }
    countedTo.current = Math.max(from, end);
    if (found > 0) count.value = count.peek() + found;
  });
  return count;
}

function isMessage(entry: LogEntry | undefined): boolean {
  if (entry === undefined || !isKnownEntry(entry)) return false;
  if (entry.kind === "user_input") return true;
  return entry.kind === "assistant_item" && isKnownItem(entry.item) && entry.item.kind === "message";
}
