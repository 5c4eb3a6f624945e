/**
 * Figures in words: a case's result as text, and the place of a text in the document.
 *
 * Owns the marks between which what is measured stands; the prose around them is written by hand and stays.
 */
import { agreementText } from "./agreement.ts";
import type { CaseResult } from "./bench-case.ts";
import { chartWords } from "./harness/chart.ts";
import type { ProfileSection } from "./harness/profile-table.ts";
import { renderTable } from "./harness/table.ts";
import type { KeptFigures, KeptProfile } from "./kept.ts";

/** A result for a terminal and for the document alike. */
export function renderResult({ tables, goals, notes }: CaseResult): string {
  const goalLines = goals.map(({ text, isMet }) => `- ${isMet ? "met" : "**missed**"}: ${text}`);
  return paragraphs([...tables.map(renderTable), goalLines.join("\n"), notes.join(" ")]);
}

/** A case's figures for the document, its charts first. @param chartFiles Where each of them is, from the document */
export function renderFigures({ result, machine, measuredOn, agreement }: KeptFigures, chartFiles: readonly string[]) {
  const charts = (result.charts ?? []).map((chart, index) => `![${quoted(chartWords(chart))}](${chartFiles[index]})`);
  return paragraphs([
    ...charts,
    renderResult(result),
    agreement === null ? "" : agreementText(agreement),
    `Measured on ${machine}; ${measuredOn}.`,
  ]);
}

/** The document with a case's figures replaced. @throws RangeError when it has no place for them */
export function replaceFigures(document: string, name: string, figures: string): string {
  return replaceMarked(document, `<!-- figures: ${name} -->`, "<!-- end of figures -->", figures);
}

/** A profile for a terminal and for the document alike. */
export function renderProfile(sections: readonly ProfileSection[]): string {
  return paragraphs(sections.flatMap(({ says, table }) => [says, renderTable(table)]));
}

/** The document with a case's profile replaced, or put below its figures where there was none. */
export function replaceProfile(document: string, name: string, { sections, takenOn }: KeptProfile): string {
  const begin = `<!-- profile: ${name} -->`;
  const end = "<!-- end of profile -->";
  const words = paragraphs([renderProfile(sections), `Taken ${takenOn}.`]);
  if (document.includes(begin)) return replaceMarked(document, begin, end, words);
  const figuresEnd = "<!-- end of figures -->";
  const figures = document.indexOf(`<!-- figures: ${name} -->`);
  const at = document.indexOf(figuresEnd, figures) + figuresEnd.length;
  if (figures < 0) throw new RangeError(`Cannot write the profile of "${name}": the document has no place for it`);
  return replaceMarked(`${document.slice(0, at)}\n\n${begin}${end}${document.slice(at)}`, begin, end, words);
}

/**
 * The document with what stands between two marks replaced.
 *
 * @throws RangeError when it does not have them
 */
export function replaceMarked(document: string, begin: string, end: string, words: string): string {
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) throw new RangeError(`Cannot write into the document: it has no place "${begin}"`);
  return `${document.slice(0, from)}${begin}\n\n${words}\n\n${document.slice(to)}`;
}

function paragraphs(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Markdown's own signs in the words for a picture. */
function quoted(words: string): string {
  return words.replace(/[[\]\\]/g, String.raw`\$&`);
}
