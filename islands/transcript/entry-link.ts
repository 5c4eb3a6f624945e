/**
 * Links to a place in the conversation (`#entry-123`): what a row is called, and getting there, also when its entry lies
 * in an older page that has to be fetched first.
 */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useConsole } from "../context.ts";
import type { RowSource } from "./rows.tsx";

/** Entries farther back than this are shown as a page of their own instead of everything between. */
const MAX_FETCHED_ENTRIES = 1_000;
/** An entry may have no row; then the next one that has is meant. */
const NEXT_ROWS = 20;
/** On a page of its own, so many entries stand behind the one that is linked to. */
const ENTRIES_BEHIND = 40;
const LINK = /^#entry-(\d{1,12})$/;

/** The id of the row at a place of the whole conversation. */
export function entryAnchor(index: number): string {
  return `entry-${index}`;
}

/** The place that the fragment of an address names. */
function entryIndex(hash: string): number | undefined {
  const digits = LINK.exec(hash)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Goes where the address leads, now and whenever its fragment changes. */
export function useEntryLink({ start, entries }: RowSource): void {
  const { conversation, data } = useConsole();
  /** The place that the address names, until it is shown. */
  const wanted = useSignal<number | undefined>(undefined);
  useEffect(() => {
    const isElsewhere = (index: number) =>
      index < start.peek() - MAX_FETCHED_ENTRIES ||
      (data.earlier !== undefined && !isBetween(index, start.peek(), entries.peek().length));
    const follow = () => {
      const index = entryIndex(location.hash);
      if (index !== undefined && isElsewhere(index)) {
        return location.assign(`?before=${index + ENTRIES_BEHIND}#${entryAnchor(index)}`);
      }
      wanted.value = index;
    };
    follow();
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  useSignalEffect(() => {
    const index = wanted.value;
    if (index === undefined) return;
    if (index < start.value) {
      // A page that is on its way is waited for, whoever has asked for it.
      const { kind } = conversation.older.value;
      if (kind === "more") void conversation.loadOlder();
      if (kind === "more" || kind === "loading") return;
    }
    wanted.value = undefined;
    // Once more when the pages around it have got their true heights.
    requestAnimationFrame(() => {
      reveal(index);
      requestAnimationFrame(() => reveal(index));
    });
  });
}

function isBetween(index: number, start: number, count: number): boolean {
  return index >= start && index < start + count;
}

function reveal(index: number): void {
  for (let at = index; at <= index + NEXT_ROWS; at += 1) {
    const row = document.getElementById(entryAnchor(at));
    if (!row) continue;
    for (const marked of document.querySelectorAll(".row[data-linked]"))
      delete (marked as HTMLElement).dataset["linked"];
    row.dataset["linked"] = "";
    row.scrollIntoView({ block: "start" });
    return;
  }
}
