/**
 * Whether a key belongs to an input method or to the page.
 *
 * Chromium and Firefox send the confirming Enter while composing (`isComposing`, keyCode 229) and end the composition
 * after it. Safari ends the composition first and sends the Enter after it, no longer composing, mostly as keyCode 229:
 * so an Enter within the same task as the end of a composition is the method's too, until a key is let go: a busy page
 * may see the next key before any timer. A page has one of these, which hears of every text field in it: a handler of
 * keys asks `owns` (`useFrame().ime`) before it does anything.
 */

/** As much of a keyboard event as is read. */
export interface KeyLike {
  readonly key: string;
  readonly keyCode: number;
  readonly isComposing: boolean;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** What an input method sends for every key that it takes itself. */
const PROCESS_KEY_CODE = 229;

export interface Ime {
  readonly compositionStarted: () => void;
  readonly compositionEnded: () => void;
  /** A key has been let go, so the next one that is pressed is another. */
  readonly keyReleased: () => void;
  /** Whether the key is the input method's. */
  owns(event: Pick<KeyLike, "isComposing" | "keyCode">): boolean;
}

/** @param afterTask Runs a callback once the present task is over. */
export function createIme(afterTask: (callback: () => void) => void = (callback) => setTimeout(callback, 0)): Ime {
  let isComposing = false;
  let hasJustEnded = false;
  return {
    compositionStarted() {
      isComposing = true;
    },
    compositionEnded() {
      isComposing = false;
      hasJustEnded = true;
      afterTask(() => (hasJustEnded = false));
    },
    keyReleased() {
      hasJustEnded = false;
    },
    owns: (event) => isComposing || hasJustEnded || event.isComposing || event.keyCode === PROCESS_KEY_CODE,
  };
}

/** Lets the input method be heard in every field of the page, before any of the page's own handlers. */
export function followIme(ime: Ime, page: Pick<Document, "addEventListener">): void {
  page.addEventListener("compositionstart", ime.compositionStarted, true);
  page.addEventListener("compositionend", ime.compositionEnded, true);
  page.addEventListener("keyup", ime.keyReleased, true);
}

/** Whether the key sends, and is not the input method's: Enter, or only with Ctrl or ⌘ where a person wants that. */
export function isSendKey(event: KeyLike, ime: Ime, sendKey: "enter" | "mod-enter"): boolean {
  if (event.key !== "Enter" || event.shiftKey || event.altKey || ime.owns(event)) return false;
  return sendKey === "enter" || event.ctrlKey || event.metaKey;
}
