/**
 * Bold in Japanese, which puts no blanks around it. CommonMark tells by what touches the marks of bold whether they
 * open or close it, and beside punctuation, the marks of code and links among it, it asks for a blank: it refuses
 * `これは**[文書](…)**です`, and takes the second marks of `**「A」**は**B**` for an opening.
 *
 * Owns where bold may begin and end there: Japanese and Chinese beside the marks are as good as a blank. A single
 * asterisk stays CommonMark's: it mostly stands for a footnote.
 */
import { Tokenizer, type MarkedExtension } from "marked";

/** Letters and punctuation, and no blank. */
const CJK = String.raw`[\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uffef]`;
/** So much of a text tells how it begins: more asterisks than three are nobody's bold. */
const OPENING_CHARS = 4;
const OPENS_BESIDE_CJK = new RegExp(String.raw`^(?:${CJK}\*\*|[^*]\*\*+${CJK})`, "u");
/** Punctuation at the marks that is of Japanese itself, or has Japanese on their other side. */
const PUNCTUATION_AT_MARKS = new RegExp(
  String.raw`(?![*_~])[\p{P}\p{S}]` +
    String.raw`(?:(?=\*\*+${CJK})|(?<=${CJK})(?=\*\*)|(?<=${CJK}\*\*+.)|(?<=\*\*${CJK}))`,
  "gu",
);
const LETTER = "一";

/** What the lexer is given besides. */
export const boldBesideCjk: MarkedExtension = {
  hooks: {
    // Beside a letter marks may open and close alike. The lexer counts places: the text stays as long as it is.
    emStrongMask: (text) => text.replace(PUNCTUATION_AT_MARKS, (mark) => LETTER.repeat(mark.length)),
  },
  tokenizer: {
    emStrong(text, masked, before = "") {
      const isFree = OPENS_BESIDE_CJK.test(before + text.slice(0, OPENING_CHARS));
      return Tokenizer.prototype.emStrong.call(this, text, masked, isFree ? "" : before);
    },
  },
};
