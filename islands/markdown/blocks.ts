/**
 * Markdown that is still being written, cut into blocks.
 *
 * Owns which blocks are closed, so that only the growing tail is read again: a block is closed once a blank line and the
 * sure beginning of another one stand behind it. What is open in the tail (bold, a link, a fence) is closed for display by remend. Never throws:
 * text that the lexer cannot take is one plain block.
 */
import { Marked, Tokenizer, type MarkedExtension, type Token } from "marked";
import remend from "remend";
import { boldBesideCjk } from "./bold-beside-cjk.ts";
import { mathExtension, openMathOf } from "./math-tokens.ts";

/** A top-level block: the lexer's token, or text to show as it is. */
export type Block = Token | { readonly type: "plain"; readonly raw: string };

/** Longer text than this is shown as it is; no lexer should be trusted with it on the main thread. */
const MAX_CHARS = 400_000;
const REFERENCE_DEFINITION = /^ {0,3}\[[^\]\n]+\]:/m;
const BLANK_LINE_BEFORE = /\n[ \t]*\n$/;
const MAX_BLANK = 200;
/** A whole line, or the first letter of one: what follows can no longer turn out to belong to the block before. */
const DEFINITE_START = /^(?:[^\s\-*+>#|`~=_\d:<[!\\]|[^\n]*[^\s][^\n]*\n)/;
const FENCE_START = /^ {0,3}(`{3,}|~{3,})([^\n`]*)\n/;
/** Punctuation of Japanese and full-width signs, without the dot that stands within names. */
const ENDS_ADDRESS = /[\u3001-\u3003\u3008-\u3011\u3014-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff64]/;

/** How a text has become what it is: `text === before + by`. */
export interface Growth {
  readonly before: string;
  readonly by: string;
}

/** Reads a text that only ever grows at its end; anything else starts over. */
export interface BlockReader {
  /**
   * The blocks of `text`. Closed ones keep their identity from call to call.
   * @param isComplete Whether nothing more will come.
   * @param growth Where `before` is what was read last, only `by` is looked at, however long the text is.
   */
  read(text: string, isComplete: boolean, growth?: Growth): readonly Block[];
}

export function createBlockReader(): BlockReader {
  const lex = createLexer();
  let closed: Block[] = [];
  let closedText = "";
  /** What was read last, and the part of it that is not closed; absent where that part is not the text's own. */
  let last: { readonly text: string; readonly tail: string } | undefined;

  const close = (tail: string, tokens: readonly Block[]): readonly Block[] => {
    let kept = 0;
    let keptChars = 0;
    let offset = 0;
    for (const [index, { raw }] of tokens.entries()) {
      // remend changes the end only; should it ever change more, the block stays open and is read again.
      if (!tail.startsWith(raw, offset)) break;
      offset += raw.length;
      if (!BLANK_LINE_BEFORE.test(tail.slice(Math.max(0, offset - MAX_BLANK), offset))) continue;
      if (!DEFINITE_START.test(tail.slice(offset))) continue;
      kept = index + 1;
      keptChars = offset;
    }
    closed = [...closed, ...tokens.slice(0, kept)];
    closedText += tail.slice(0, keptChars);
    if (last) last = { text: last.text, tail: tail.slice(keptChars) };
    return [...closed, ...tokens.slice(kept)];
  };

  return {
    read(source, isComplete, growth) {
      const tail = tailOf(source, isComplete, growth);
      if (isComplete) return [...closed, ...lex(tail)];
      const fence = openFence(tail);
      if (fence) return fence;
      const openMath = openMathOf(tail);
      const shown = openMath === undefined ? closeOpenMarks(withoutUndecided(tail)) : tail;
      return close(tail, lex(shown, openMath));
    },
  };

  /** What follows the closed blocks. Opens them again where the text is another one, or its end changes their meaning. */
  function tailOf(source: string, isComplete: boolean, growth: Growth | undefined): string {
    // A text that has just been put together is not looked at from its beginning: that alone would copy all of it.
    if (last && growth && !isComplete && growth.before === last.text && !growth.by.includes("\r")) {
      last = { text: source, tail: last.tail + growth.by };
      return last.tail;
    }
    const hasReturns = source.includes("\r");
    const text = hasReturns ? source.replace(/\r\n?/g, "\n") : source;
    if (!text.startsWith(closedText) || (isComplete && REFERENCE_DEFINITION.test(text))) {
      closed = [];
      closedText = "";
    }
    const tail = text.slice(closedText.length);
    last = hasReturns ? undefined : { text: source, tail };
    return tail;
  }

  /** A fence that has not ended is its own text: no need to read a long listing again for each of its words. */
  function openFence(tail: string): readonly Block[] | undefined {
    const start = FENCE_START.exec(tail);
    const mark = start?.[1];
    if (!start || mark === undefined) return undefined;
    const text = tail.slice(start[0].length);
    if (text.includes(mark) && new RegExp(`^ {0,3}${mark}${mark[0]}*[ \\t]*$`, "m").test(text)) return undefined;
    return [...closed, { type: "code", raw: tail, lang: (start[2] ?? "").trim(), text: text.replace(/\n$/, "") }];
  }
}

/** Japanese puts no blank behind an address: its punctuation ends one too, where the lexer knows of ASCII's only. */
const addresses: NonNullable<MarkedExtension["tokenizer"]> = {
  url(text) {
    const whole = Tokenizer.prototype.url.call(this, text);
    const end = whole?.raw.search(ENDS_ADDRESS) ?? -1;
    return end === -1 ? whole : Tokenizer.prototype.url.call(this, text.slice(0, end));
  },
};

/** @returns what reads a text; its second argument is the formula at the end that is still being written. */
function createLexer(): (text: string, openMath?: string) => readonly Block[] {
  const markedFor = (openMath?: string) =>
    new Marked({ gfm: true, tokenizer: addresses, extensions: mathExtension(openMath) ?? [] }, boldBesideCjk);
  let plain: Marked | undefined;
  return (text, openMath) => {
    if (text.length > MAX_CHARS) return [{ type: "plain", raw: text }];
    try {
      return (openMath === undefined ? (plain ??= markedFor()) : markedFor(openMath)).lexer(text);
    } catch {
      // Nested beyond the stack, for one.
      return [{ type: "plain", raw: text }];
    }
  };
}

/** The beginning of a listing, or of a task: nobody can say yet how it will look. */
const UNDECIDED_LINE = /(?:^|\n)[ \t]*(?:[`~]{1,2}|(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ xX]?\]?[ \t]?)$/;
/** The head of a table, without the line below it that makes it one. */
const UNDECIDED_TABLE = /(?:^|\n[ \t]*\n)\|[^\n]*(?:\n[ \t:|-]*)?$/;

/** A row of a table that is not whole: its cells would move with every letter. */
const UNDECIDED_ROW = /(\n[ \t]*\|[^\n]*)\n[ \t]*\|[^\n]*$/;

/** Keeps back what would look like something else a moment later. */
function withoutUndecided(text: string): string {
  return text.replace(UNDECIDED_LINE, "").replace(UNDECIDED_TABLE, "").replace(UNDECIDED_ROW, "$1");
}

function closeOpenMarks(text: string): string {
  if (text.length > MAX_CHARS) return text;
  try {
    return remend(text, { linkMode: "text-only", singleTilde: false, comparisonOperators: false, katex: false });
  } catch {
    return text;
  }
}
