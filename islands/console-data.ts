/**
 * What the server hands to the page: the shape, and how it travels inside the HTML.
 *
 * Owns the one place where both sides agree on it. The server writes it with `encodeConsoleData`; the browser reads it
 * back, parses it, and hydrates exactly what the server rendered from it.
 */
import * as z from "zod/mini";
import { WorkerEntries, WorkerSummary } from "../protocol/backend-api.ts";
import { ClientCursor } from "../protocol/cursor.ts";
import { Snapshot } from "../protocol/event.ts";
import { WorkerRef } from "../protocol/id.ts";

/** The languages that the console speaks. */
export const Locale = z.enum(["en", "ja"]);
export type Locale = z.infer<typeof Locale>;

export const ConsoleData = z.looseObject({
  locale: Locale,
  workspaceName: z.string(),
  /** Whether the offline demo provider answers. */
  demo: z.boolean(),
  selected: WorkerRef,
  workers: z.array(WorkerSummary),
  snapshot: Snapshot,
  /** The position that `snapshot` shows; the page observes from here. */
  cursor: ClientCursor,
  /** An older page of the conversation, shown instead of the newest one: `?before=N`. */
  earlier: z.optional(WorkerEntries),
});
export type ConsoleData = z.infer<typeof ConsoleData>;

/** Id of the element that carries the data. */
export const CONSOLE_DATA_ID = "console-data";

/** JSON that can stand inside a `<script>`: no `<` that could end it, no line separator that older parsers trip over. */
export function encodeConsoleData(data: ConsoleData): string {
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
