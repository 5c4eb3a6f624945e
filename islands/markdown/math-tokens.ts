/**
 * Formulas in Markdown: `$…$`, `$$…$$`, `\(…\)` and `\[…\]` as tokens of the lexer.
 *
 * Owns where a formula begins and ends, also while it is being written, and that an amount of money is none. A formula
 * never reaches over a blank line. How one looks is `maths.tsx`.
 */
import type { MarkedExtension, TokenizerExtension } from "marked";

/** A formula: `{"type":"math","raw":"$x^2$","source":"x^2","isDisplay":false,"isOpen":false}` */
export interface MathToken {
  readonly type: "math";
  readonly raw: string;
  /** The TeX between the marks. */
  readonly source: string;
  /** Whether it stands in a line of its own. */
  readonly isDisplay: boolean;
  /** Whether its end has not come yet. */
  readonly isOpen: boolean;
}

/** Longer ones are text. */
const MAX_CHARS = 4_000;
const TEXT = String.raw`(?:(?!\n[ \t]*\n|CLOSE)[\s\S]){1,${MAX_CHARS}}`;
const between = (open: string, close: string) => `${open}(${TEXT.replace("CLOSE", close)})${close}`;
const DOUBLE_DOLLAR = between(String.raw`\$\$`, String.raw`\$\$`);
const SQUARE = between(String.raw`\\\[`, String.raw`\\\]`);
const ROUND = between(String.raw`\\\(`, String.raw`\\\)`);

const BLOCK = new RegExp(String.raw`^ {0,3}(?:${DOUBLE_DOLLAR}|${SQUARE})[ \t]*(?=\n|$)`);
const BLOCK_START = /\n {0,3}(?:\$\$|\\\[)/;
const INLINE = new RegExp(`^(?:${DOUBLE_DOLLAR}|${SQUARE}|${ROUND})`);
const INLINE_START = /\$|\\[([]/;
/** In prose a dollar sign ends a formula only where neither a space nor a word touches it on the wrong side. */
const SINGLE_DOLLAR = /^\$(?!\s)((?:\\[^\n]|[^\\$\n]){1,1000})(?<!\s)\$(?![\p{L}\p{N}_])/u;
/** `5 dollars`, `20,000 or`: a number with a word behind it and nothing of a formula. */
const AMOUNT = /^\d[\d.,]*\s*\p{L}{2}[^\\^_={}+]*$/u;

/** The tokens of formulas that are whole, and of `open`, the one at the text's end that is still being written. */
export function mathExtension(open: string | undefined): MarkedExtension["extensions"] {
  const openMath = (rest: string, raw: string): MathToken | undefined => {
    if (open === undefined || rest.trim() !== open.trim()) return undefined;
    return { type: "math", raw, source: open.trim().slice(2), isDisplay: !open.startsWith("\\("), isOpen: true };
  };
  const block: TokenizerExtension = {
    name: "math",
    level: "block",
    start: (text) => {
      const at = text.search(BLOCK_START);
      return at === -1 ? undefined : at + 1;
    },
    tokenizer(text) {
      const found = BLOCK.exec(text);
      if (found) return whole(found[0], found[1] ?? found[2], true);
      return /^ {0,3}(?:\$\$|\\\[)/.test(text) ? openMath(text, text) : undefined;
    },
  };
  const inline: TokenizerExtension = {
    name: "math",
    level: "inline",
    start: (text) => {
      const at = text.search(INLINE_START);
      return at === -1 ? undefined : at;
    },
    tokenizer(text) {
      const marked = INLINE.exec(text);
      if (marked) return whole(marked[0], marked[1] ?? marked[2] ?? marked[3], marked[3] === undefined);
      const single = SINGLE_DOLLAR.exec(text);
      if (single && !AMOUNT.test(single[1] ?? "")) return whole(single[0], single[1], false);
      return openMath(text, text);
    },
  };
  return [block, inline];
}

function whole(raw: string, source: string | undefined, isDisplay: boolean): MathToken | undefined {
  const trimmed = (source ?? "").trim();
  return trimmed === "" ? undefined : { type: "math", raw, source: trimmed, isDisplay, isOpen: false };
}

const LAST_PARAGRAPH = /\n[ \t]*\n(?![\s\S]*\n[ \t]*\n)/;
const MARKS = /\\[()[\]]|\\[\s\S]|\$\$|`+/g;
const CLOSES: Readonly<Record<string, string>> = { $$: "$$", "\\(": "\\)", "\\[": "\\]" };

/** The formula at the end of a growing text whose own end has not come: from its first mark on. */
export function openMathOf(text: string): string | undefined {
  if (!text.includes("$$") && !text.includes("\\")) return undefined;
  const from = text.search(LAST_PARAGRAPH);
  const paragraph = from === -1 ? text : text.slice(from);
  let openedAt: number | undefined;
  let close = "";
  let code = "";
  for (const { 0: mark, index } of paragraph.matchAll(MARKS)) {
    if (code !== "") {
      if (mark === code) code = "";
    } else if (openedAt !== undefined) {
      if (mark === close) openedAt = undefined;
    } else if (mark.startsWith("`")) {
      code = mark;
    } else if (CLOSES[mark] !== undefined) {
      openedAt = index;
      close = CLOSES[mark];
    }
  }
  return openedAt === undefined || code !== "" ? undefined : paragraph.slice(openedAt);
}
