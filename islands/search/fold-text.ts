/**
 * Text as it is compared when somebody searches, with the way back to where it stood. Pure. Width, case and the like do
 * not count (NFKC, lower case); every run of blanks is one.
 */

export interface FoldedText {
  readonly text: string;
  /** For each code unit of `text`, and for its end: where that stands in the original. */
  readonly at: readonly number[];
}

/** Letters that may join with the one before: marks, and the voicing marks of half-width kana. */
const JOINS = /[\p{M}\uff9e\uff9f]/u;

/** The query alone, for which no way back is needed. */
export function foldQuery(query: string): string {
  return foldText(query.trim()).text;
}

export function foldText(original: string): FoldedText {
  const at: number[] = [];
  let text = "";
  let index = 0;
  for (const cluster of clustersOf(original)) {
    const folded = /^\s+$/.test(cluster) ? " " : cluster.normalize("NFKC").toLowerCase();
    if (folded !== " " || !text.endsWith(" ")) {
      for (let unit = 0; unit < folded.length; unit += 1) at.push(index);
      text += folded;
    }
    index += cluster.length;
  }
  at.push(index);
  return { text, at };
}

/** Characters with what joins them, so that each can be normalised by itself. */
function* clustersOf(text: string): Iterable<string> {
  let cluster = "";
  for (const character of text) {
    if (cluster !== "" && !JOINS.test(character)) {
      yield cluster;
      cluster = "";
    }
    cluster += character;
  }
  if (cluster !== "") yield cluster;
}
