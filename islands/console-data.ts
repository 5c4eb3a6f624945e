/**
 * What the server hands to the page: the shape, and how it travels inside the HTML.
 *
 * Owns the one place where both sides agree on it. The server writes it with `encodeConsoleData`; the browser reads it
 * back, parses it, and hydrates exactly what the server rendered from it.
 */
import * as z from "zod/mini";
import { RuntimeSummary, WorkerEntries, WorkerSummary } from "../protocol/backend-api.ts";
import { ClientCursor } from "../protocol/cursor.ts";
import { Snapshot } from "../protocol/event.ts";
import { WorkerRef } from "../protocol/id.ts";
import { BasePath } from "./paths.ts";
import { Theme } from "./theme.ts";
import { TourLayout } from "./tour/tour-layout.ts";

/** The languages that the console speaks. */
export const Locale = z.enum(["en", "ja"]);
export type Locale = z.infer<typeof Locale>;

/** A Runtime as the sidebar lists it. */
export const ListedRuntime = z.extend(RuntimeSummary, {
  /** When it was heard last, RFC 3339; null or absent: not known. */
  last_seen_at: z.optional(z.nullable(z.string())),
});
export type ListedRuntime = z.infer<typeof ListedRuntime>;

/** What every page has: the frame around a conversation. */
const FrameData = z.looseObject({
  /** Where the app is served. */
  base: z._default(BasePath, "/"),
  locale: Locale,
  theme: z._default(Theme, "system"),
  workspaceName: z.string(),
  /** Whether the offline demo provider answers. */
  demo: z.boolean(),
  /** Whether whoever looks may tell Workers nothing. */
  readOnly: z._default(z.boolean(), false),
  /** Whether whoever looks has logged in, and so may log out. */
  canLogOut: z._default(z.boolean(), false),
  /** How the demo's tour is laid out; means nothing without the demo. */
  tour: z._default(TourLayout, "open"),
  selected: WorkerRef,
  workers: z.array(WorkerSummary),
  /** In the Backend's order; empty when they did not come in time. */
  runtimes: z.array(ListedRuntime),
});
export type FrameData = z.infer<typeof FrameData>;

/** A page with a conversation. */
export const ConsoleData = z.extend(FrameData, {
  snapshot: Snapshot,
  /** The position that `snapshot` shows; the page observes from here. */
  cursor: ClientCursor,
  /** An older page of the conversation, shown instead of the newest one: `?before=N`. */
  earlier: z.optional(WorkerEntries),
});
export type ConsoleData = z.infer<typeof ConsoleData>;

/** A page whose Worker can't be shown, with the reason. */
const AwayData = z.extend(FrameData, {
  problem: z.looseObject({ code: z.string(), status: z.number(), title: z.string(), detail: z.string() }),
});
export type AwayData = z.infer<typeof AwayData>;

/** Ids of the elements that carry the data; a page has one of them. */
export const CONSOLE_DATA_ID = "console-data";
export const AWAY_DATA_ID = "away-data";

/** JSON that can stand inside a `<script>`: no `<` that could end it, no line separator that older parsers trip over. */
export function encodeConsoleData(data: ConsoleData | AwayData): string {
  return JSON.stringify(data).replace(
    /[<\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Reads what `encodeConsoleData` wrote.
 * @throws Error when it is not the page's data: a page of another version, or a proxy that rewrote it.
 */
export function parseConsoleData(json: string): ConsoleData {
  return ConsoleData.parse(JSON.parse(json));
}

/**
 * As {@link parseConsoleData}, of a page whose Worker can't be shown.
 * @throws Error when it is not the page's data.
 */
export function parseAwayData(json: string): AwayData {
  return AwayData.parse(JSON.parse(json));
}
