/**
 * Whether an Enter key belongs to an input method or to the page.
 *
 * Chromium and Firefox send the confirming Enter while composing (`isComposing`, keyCode 229) and end the composition
 * after it. Safari ends the composition first and sends the Enter after it, no longer composing, mostly as keyCode 229:
 * so an Enter within the same task as the end of a composition is the method's too, until a key is let go: a busy page
 * may see the next key before any timer. Every text field uses this.
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
  compositionStarted(): void;
  compositionEnded(): void;
  /** A key has been let go, so the next one that is pressed is another. */
  keyReleased(): void;
  /** Whether the key is the input method's. */
  owns(event: KeyLike): boolean;
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

/** Whether the key sends: Enter alone, and not the input method's. */
export function isSendKey(event: KeyLike, ime: Ime): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.altKey && !ime.owns(event);
}
