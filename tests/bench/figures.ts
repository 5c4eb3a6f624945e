/**
 * Figures in words: a case's result as text, and the place of that text in the document.
 *
 * Owns the marks between which a case's figures stand; the prose around them is written by hand and stays.
 */
import type { CaseResult } from "./bench-case.ts";
import { renderTable } from "./harness/table.ts";

/** A result for a terminal and for the document alike. */
export function renderResult({ tables, goals, notes }: CaseResult): string {
  const goalLines = goals.map(({ text, isMet }) => `- ${isMet ? "met" : "**missed**"}: ${text}`);
  return [...tables.map(renderTable), goalLines.join("\n"), notes.join(" ")].filter((part) => part !== "").join("\n\n");
}

/**
 * The document with a case's figures replaced.
 *
 * @throws RangeError when the document has no place for them
 */
export function replaceFigures(document: string, name: string, figures: string): string {
  const begin = `<!-- figures: ${name} -->`;
  const end = "<!-- end of figures -->";
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0)
    throw new RangeError(`Cannot write the figures of "${name}": the document has no place for them`);
  return `${document.slice(0, from)}${begin}\n\n${figures}\n\n${document.slice(to)}`;
}
