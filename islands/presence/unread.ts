/**
 * Which Workers have something new since they were looked at, remembered by this browser and shared by its tabs.
 *
 * Owns the marks. A Worker that is seen at work is remembered as such, wherever it is seen; once it is not at work any
 * more, and nobody looks at it, it is unread until somebody does. So is one whose conversation has grown since it was seen
 * last: its run may have come and gone between two looks at the list.
 */
import { computed, createModel, signal } from "@preact/signals";
import * as z from "zod/mini";
import type { DraftStorage } from "../store/drafts.ts";

/** What is remembered of a Worker. */
const Mark = z.discriminatedUnion("state", [
  z.object({ state: z.literal("at-work") }),
  /** Ended, and not looked at. */
  z.object({ state: z.literal("ended") }),
  /** With nothing new at so many lines; without a number, at as many as the list will say next. */
  z.object({ state: z.literal("seen"), lines: z.optional(z.number()) }),
]);
type Mark = z.infer<typeof Mark>;

/** By the keys of Workers. `z.record` would be in every page's first load, for this alone. */
const Marks = z.catchall(z.object({}), Mark);
type Marks = z.infer<typeof Marks>;

/** A look at a Worker. */
export interface Sight {
  readonly key: string;
  readonly isAtWork: boolean;
  /** How many lines its conversation has had; absent where that is not known. */
  readonly lines: number | undefined;
  /** Whether a person has it before their eyes. */
  readonly isLookedAt: boolean;
}

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
  let isStored = true;

  return {
    keys: computed<ReadonlySet<string>>(
      () => new Set(Object.keys(marks.value).filter((key) => marks.value[key]?.state === "ended")),
    ),

    /** Takes in what has been seen of Workers. */
    note(sights: readonly Sight[]): void {
      // Other tabs have seen things too.
      let kept = isStored ? read() : marks.peek();
      let hasChanged = false;
      for (const sight of sights) {
        const { [sight.key]: before, ...others } = kept;
        const next = markAfter(before, sight);
        if (before && isSame(before, next)) continue;
        hasChanged = true;
        kept = { ...others, [sight.key]: next };
      }
      if (hasChanged) {
        kept = Object.fromEntries(Object.entries(kept).slice(-MAX_MARKS));
        try {
          storage()?.setItem(KEY, JSON.stringify(kept));
          isStored = true;
        } catch {
          // Full or forbidden: the marks last as long as the page.
          isStored = false;
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

function markAfter(before: Mark | undefined, { isAtWork, lines, isLookedAt }: Sight): Mark {
  if (isAtWork) return { state: "at-work" };
  const seen: Mark = lines === undefined ? { state: "seen" } : { state: "seen", lines };
  // Whoever meets a Worker for the first time has missed nothing.
  if (isLookedAt || before === undefined) return seen;
  if (before.state !== "seen") return { state: "ended" };
  if (lines === undefined) return before;
  // Fewer than before: the conversation has begun anew.
  return lines > (before.lines ?? lines) ? { state: "ended" } : seen;
}

function isSame(one: Mark, other: Mark): boolean {
  if (one.state !== "seen" || other.state !== "seen") return one.state === other.state;
  return one.lines === other.lines;
}

function parseMarks(stored: string | null): Marks {
  try {
    return Marks.parse(JSON.parse(stored ?? "{}"));
  } catch {
    return {};
  }
}
