/**
 * Which Workers have ended a run since they were looked at, remembered by this browser and shared by its tabs.
 *
 * Owns the marks: a Worker that is seen at work is remembered as such, wherever it is seen; once it is not at work any
 * more, and nobody looks at it, it is unread until somebody does.
 */
import { computed, createModel, signal } from "@preact/signals";
import * as z from "zod/mini";
import type { DraftStorage } from "../store/drafts.ts";

/** Worker keys: at work when seen last, or ended and not looked at. */
const Marks = z.record(z.string(), z.enum(["at-work", "ended"]));
type Marks = z.infer<typeof Marks>;

const KEY = "yoi.unread";
/** More are forgotten, the oldest first. */
const MAX_MARKS = 500;

/** @param storage Asked at each use, since merely naming it may throw. */
export const Unread = createModel((storage: () => Pick<DraftStorage, "getItem" | "setItem"> | undefined) => {
  const read = (): Marks => {
    try {
      return parseMarks(storage()?.getItem(KEY) ?? null);
    } catch {
      return {};
    }
  };
  const marks = signal<Marks>(read());

  return {
    keys: computed<ReadonlySet<string>>(
      () => new Set(Object.keys(marks.value).filter((key) => marks.value[key] === "ended")),
    ),

    /** What has been seen of a Worker, and whether a person is looking at it. */
    note(key: string, isAtWork: boolean, isLookedAt: boolean): void {
      // Other tabs have seen things too.
      const { [key]: mark, ...others } = read();
      const ended = isLookedAt || mark === undefined ? undefined : "ended";
      const next = isAtWork ? "at-work" : ended;
      const kept: Marks = next === undefined ? others : { ...others, [key]: next };
      if (next !== mark) {
        try {
          storage()?.setItem(KEY, JSON.stringify(Object.fromEntries(Object.entries(kept).slice(-MAX_MARKS))));
        } catch {
          // Full or forbidden: the marks last as long as the page.
        }
      }
      marks.value = kept;
    },

    /** Takes over what another tab has seen, by its `storage` event. */
    adopt(event: { readonly key: string | null; readonly newValue: string | null }): void {
      if (event.key === KEY) marks.value = parseMarks(event.newValue);
    },
  };
});
export type Unread = InstanceType<typeof Unread>;

function parseMarks(stored: string | null): Marks {
  try {
    return Marks.parse(JSON.parse(stored ?? "{}"));
  } catch {
    return {};
  }
}
