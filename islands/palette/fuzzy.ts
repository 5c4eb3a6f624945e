/**
 * Finding things by a few of their letters. Pure. Letters match in order, whatever their width, case or accent (NFKC), and
 * hiragana finds katakana; what matches at the start of words, or in one piece, comes first.
 */

/** How well a text matches, and which of its characters did: `[start, end)` in UTF-16 code units. */
export interface Match {
  readonly score: number;
  readonly ranges: readonly (readonly [start: number, end: number])[];
}

const KATAKANA_FIRST = 0x30a1;
const KATAKANA_LAST = 0x30f6;
const KATAKANA_TO_HIRAGANA = 0x60;

/** A character as it is compared; may be several, or none. */
function foldCharacter(character: string): string {
  const plain = character
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .normalize("NFKC")
    .toLowerCase();
  return plain.replaceAll(/[\u30a1-\u30f6]/g, (kana) => {
    const code = kana.charCodeAt(0);
    return code >= KATAKANA_FIRST && code <= KATAKANA_LAST ? String.fromCharCode(code - KATAKANA_TO_HIRAGANA) : kana;
  });
}

interface Folded {
  readonly text: string;
  /** For each code unit of `text`: where its character stands in the original. */
  readonly at: readonly number[];
}

function foldText(text: string): Folded {
  let folded = "";
  const at: number[] = [];
  let index = 0;
  for (const character of text) {
    const part = foldCharacter(character);
    for (let unit = 0; unit < part.length; unit += 1) at.push(index);
    folded += part;
    index += character.length;
  }
  at.push(index);
  return { text: folded, at };
}

const WHOLE_POINTS = 100;
const START_POINTS = 30;
const WORD_POINTS = 12;
const RUN_POINTS = 6;
const LETTER_POINTS = 1;

/** How `text` matches the query, or `undefined`. An empty query matches everything alike. */
export function fuzzyMatch(query: string, text: string): Match | undefined {
  const wanted = foldText(query).text.replaceAll(/\s+/g, "");
  if (wanted === "") return { score: 0, ranges: [] };
  const { text: folded, at } = foldText(text);
  const found = pieceOf(wanted, folded) ?? lettersOf(wanted, folded);
  if (found === undefined) return undefined;
  // A short text that matches is more likely meant than a long one.
  return { score: found.score - folded.length / 100, ranges: rangesOf(found.units, at) };
}

interface Found {
  readonly score: number;
  readonly units: readonly number[];
}

/** The query in one piece, blanks aside, preferably at the start of a word. */
function pieceOf(wanted: string, folded: string): Found | undefined {
  const starts: number[] = [];
  for (let from = folded.indexOf(wanted); from !== -1; from = folded.indexOf(wanted, from + 1)) starts.push(from);
  const start = starts.find((index) => startsWord(folded, index)) ?? starts[0];
  if (start === undefined) return undefined;
  const bonus = (start === 0 ? START_POINTS : 0) + (startsWord(folded, start) ? WORD_POINTS : 0);
  return {
    score: WHOLE_POINTS + bonus + wanted.length * LETTER_POINTS,
    units: Array.from({ length: wanted.length }, (_, offset) => start + offset),
  };
}

/** The query's letters one after another. */
function lettersOf(wanted: string, folded: string): Found | undefined {
  const units: number[] = [];
  let score = 0;
  let from = 0;
  for (const letter of wanted) {
    const previous = units.at(-1);
    const wordStart = nextWordStart(folded, letter, from);
    const next = previous !== undefined && folded.startsWith(letter, previous + 1) ? previous + 1 : undefined;
    const index = next ?? wordStart ?? folded.indexOf(letter, from);
    if (index === -1) return undefined;
    if (next !== undefined) score += RUN_POINTS;
    if (startsWord(folded, index)) score += WORD_POINTS;
    score += LETTER_POINTS;
    for (let unit = 0; unit < letter.length; unit += 1) units.push(index + unit);
    from = index + letter.length;
  }
  return { score, units };
}

function nextWordStart(folded: string, letter: string, from: number): number | undefined {
  for (let index = folded.indexOf(letter, from); index !== -1; index = folded.indexOf(letter, index + 1)) {
    if (startsWord(folded, index)) return index;
  }
  return undefined;
}

function startsWord(text: string, index: number): boolean {
  return index === 0 || /[\s\p{P}\p{S}]/u.test(text[index - 1] ?? "");
}

/** Matched code units as ranges of the original, joined where they touch. */
function rangesOf(units: readonly number[], at: readonly number[]): Match["ranges"] {
  const ranges: [number, number][] = [];
  for (const unit of units) {
    const start = at[unit] ?? 0;
    // Several units may be of one character: it ends where the next one begins.
    const end = at.find((other) => other > start) ?? start;
    const last = ranges.at(-1);
    if (last && last[1] >= start) last[1] = Math.max(last[1], end);
    else ranges.push([start, end]);
  }
  return ranges;
}
