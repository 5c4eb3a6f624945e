/**
 * What can be opened above the page, and which keys open it. Owns the names and the keys; `open-tool.tsx` draws, and only
 * once something has been asked for.
 */
import type { WorkerRef } from "../../protocol/id.ts";

/** What stands above the page. */
export type Tool =
  | { readonly kind: "palette" | "shortcuts" | "search" | "settings" | "import" }
  /** Search that begins with words. */
  | { readonly kind: "search"; readonly query: string }
  /** Asks whether a Worker is to be stopped. */
  | { readonly kind: "stop-worker"; readonly target: WorkerRef }
  | { readonly kind: "rename-worker"; readonly target: WorkerRef };

/** What a key asks for. */
export type KeyCommand =
  | { readonly kind: "open"; readonly tool: Extract<Tool["kind"], "palette" | "shortcuts" | "search"> }
  | { readonly kind: "step"; readonly by: 1 | -1 };

/** As much of a key press as is read. */
export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** Where a key was pressed. */
export interface KeyPlace {
  readonly isMac: boolean;
  /** The text of the field that has the focus; `undefined` outside of one. */
  readonly fieldText: string | undefined;
}

/**
 * The page's own keys. Ctrl+K (⌘K) everywhere; Alt+↑ and Alt+↓ step through Workers, except within a text on a Mac, where
 * they move by paragraphs; `?` and `/` outside of text fields. Keys of an input method are the caller's to keep back.
 */
export function keyCommandOf(press: KeyPress, { isMac, fieldText }: KeyPlace): KeyCommand | undefined {
  const { key, shiftKey, ctrlKey, metaKey, altKey } = press;
  const isModified = isMac ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  if (isModified && !altKey && !shiftKey && key.toLowerCase() === "k") return { kind: "open", tool: "palette" };
  if (ctrlKey || metaKey) return undefined;
  if (altKey) {
    if (shiftKey || (isMac && fieldText)) return undefined;
    if (key === "ArrowUp") return { kind: "step", by: -1 };
    return key === "ArrowDown" ? { kind: "step", by: 1 } : undefined;
  }
  if (fieldText !== undefined) return undefined;
  if (key === "?") return { kind: "open", tool: "shortcuts" };
  return key === "/" ? { kind: "open", tool: "search" } : undefined;
}

/** The text of a field that has the focus; `undefined` for anything that takes no text. */
export function fieldTextOf(element: Element | null): string | undefined {
  if (element instanceof HTMLTextAreaElement) return element.value;
  if (element instanceof HTMLInputElement && !/^(?:checkbox|radio|button|submit|range)$/.test(element.type)) {
    return element.value;
  }
  return element instanceof HTMLElement && element.isContentEditable ? (element.textContent ?? "") : undefined;
}
