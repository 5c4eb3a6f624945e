/**
 * Taking the text of a conversation's file apart while it comes.
 *
 * Owns where an entry begins and ends, and the bounds on how deep and how long the parts may be, before any of them is
 * parsed. Whether a part is valid JSON is for its parser to say.
 */
import { ProblemError } from "./problem.ts";

/** Bounds of the parts. */
export interface SplitLimits {
  /** JSON text of one entry, in UTF-16 code units. */
  readonly maxEntryChars: number;
  /** JSON text of all but the entries. */
  readonly maxHeaderChars: number;
  /** Objects and arrays inside one another, the file's own included. */
  readonly maxDepth: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What stands before the entries' bracket. */
const ENTRIES_KEY = /[{,]\s*"entries"\s*:\s*$/;
/** How far back the key is looked for. */
const KEY_CHARS = 128;
/** The depth inside of the list of entries. */
const ENTRIES_DEPTH = 2;

/** Takes one file apart. */
export class ConversationSplitter {
  readonly #limits: SplitLimits;
  readonly #onEntry: (text: string) => void;
  #depth = 0;
  #isString = false;
  #isEscaped = false;
  #isInEntries = false;
  #hasEntries = false;
  /** Entries handed on. */
  #count = 0;
  #header = "";
  #entry = "";

  /** @param onEntry Told of each entry's text, in order; what it throws ends the reading. */
  constructor(limits: SplitLimits, onEntry: (text: string) => void) {
    this.#limits = limits;
    this.#onEntry = onEntry;
  }

  /** Takes the next piece. @throws ProblemError invalid_json, invalid_request */
  push(text: string): void {
    let from = 0;
    for (let index = 0; index < text.length; index += 1) {
      const char = text.charCodeAt(index);
      if (this.#isString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (char === BACKSLASH) this.#isEscaped = true;
        else if (char === QUOTE) this.#isString = false;
        continue;
      }
      const isAtEntries = this.#isInEntries && this.#depth === ENTRIES_DEPTH;
      switch (char) {
        case QUOTE:
          this.#isString = true;
          break;
        case OPEN_ARRAY:
        case OPEN_OBJECT:
          this.#deepen();
          if (char === OPEN_ARRAY && this.#depth === ENTRIES_DEPTH && this.#isBeforeEntries(text.slice(from, index))) {
            this.#keep(text.slice(from, index + 1));
            from = index + 1;
            this.#isInEntries = true;
          }
          break;
        case CLOSE_ARRAY:
        case CLOSE_OBJECT:
          if (isAtEntries) {
            this.#endEntry(text.slice(from, index), true);
            from = index;
            this.#isInEntries = false;
            this.#hasEntries = true;
          }
          this.#depth -= 1;
          break;
        case COMMA:
          if (!isAtEntries) break;
          this.#endEntry(text.slice(from, index), false);
          from = index + 1;
          break;
      }
    }
    this.#keep(text.slice(from));
  }

  /** The text of all but the entries, whose list is empty in it. @throws ProblemError invalid_json, invalid_request */
  end(): string {
    if (this.#isInEntries) throw new ProblemError("invalid_json", "The file ends before its entries do.");
    if (!this.#hasEntries) throw new ProblemError("invalid_request", "entries: expected a list.");
    return this.#header;
  }

  #deepen(): void {
    this.#depth += 1;
    if (this.#depth <= this.#limits.maxDepth) return;
    const at = this.#isInEntries ? `entries.${this.#count}: ` : "";
    throw new ProblemError("invalid_request", `${at}more than ${this.#limits.maxDepth} values inside one another.`);
  }

  #isBeforeEntries(newest: string): boolean {
    if (this.#isInEntries || !ENTRIES_KEY.test((this.#header.slice(-KEY_CHARS) + newest).slice(-KEY_CHARS)))
      return false;
    if (this.#hasEntries) throw new ProblemError("invalid_request", "entries: expected them once.");
    return true;
  }

  #keep(text: string): void {
    if (this.#isInEntries) this.#entry += text;
    else this.#header += text;
    const { maxHeaderChars } = this.#limits;
    if (this.#header.length > maxHeaderChars) {
      throw new ProblemError("invalid_request", `More than ${maxHeaderChars} characters besides the entries.`);
    }
    this.#checkEntry(this.#entry);
  }

  #checkEntry(text: string): void {
    const { maxEntryChars } = this.#limits;
    if (text.length <= maxEntryChars) return;
    throw new ProblemError("invalid_request", `entries.${this.#count}: longer than ${maxEntryChars} characters.`);
  }

  #endEntry(rest: string, isLast: boolean): void {
    const text = this.#entry + rest;
    this.#entry = "";
    this.#checkEntry(text);
    if (isLast && this.#count === 0 && text.trim() === "") return;
    this.#onEntry(text);
    this.#count += 1;
  }
}
