/**
 * The words of what is done with messages: let them wait, copy, quote, ask again. Owns their shape; they stand apart from
 * `messages.ts` so that a page's first load does not carry them.
 */
import type { Locale } from "./console-data.ts";
import { en } from "./messages-turns-en.ts";
import { ja } from "./messages-turns-ja.ts";

export interface TurnMessages {
  readonly queue: {
    readonly label: string;
    readonly waiting: (count: number) => string;
    readonly heldStopped: string;
    readonly heldFailed: string;
    readonly sendNow: string;
    readonly full: string;
    readonly onItsWay: string;
    /** Of one waiting message. */
    readonly actions: (place: number) => string;
    readonly drag: string;
    readonly edit: string;
    readonly moveUp: string;
    readonly moveDown: string;
    readonly remove: string;
    readonly editLabel: string;
    readonly save: string;
    readonly cancel: string;
    readonly moved: (place: number, of: number) => string;
    /** What stood in the box while older words have been taken up. */
    readonly draftKept: string;
    readonly backToDraft: string;
  };
  readonly turn: {
    readonly actions: string;
    readonly copyText: string;
    readonly copyMarkdown: string;
    readonly quote: string;
    readonly link: string;
    readonly edit: string;
    /** What becomes of the old message: nothing. */
    readonly editHint: string;
    readonly regenerate: string;
    readonly regenerateHint: string;
    readonly copied: string;
    readonly linkCopied: string;
    readonly copyFailed: string;
    readonly noQuestion: string;
  };
}

/** The words of a language, at once: both are small, and come with what they are the words of. */
export function turnMessagesFor(locale: Locale): TurnMessages {
  switch (locale) {
    case "en":
      return en;
    case "ja":
      return ja;
  }
}
