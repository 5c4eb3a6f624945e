/**
 * Tables, as a terminal and a document both show them.
 *
 * Owns the one form, Markdown with its columns aligned, and how figures are written.
 */
import type { Estimate } from "./statistics.ts";

/** A head and rows of the same length; the first columns are words, the others figures. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** How many columns are words; 1 where this is left out. */
  readonly wordColumns?: number;
}

/** Draws a table. */
export function renderTable({ head, rows, wordColumns = 1 }: Table): string {
  const widths = head.map((cell, column) =>
    Math.max(3, ...[cell, ...rows.map((row) => row[column] ?? "")].map((text) => text.length)),
  );
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => pad(row[column] ?? "", width, column < wordColumns)).join(" | ")} |`;
  const rule = widths.map((width, column) => (column < wordColumns ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

function pad(text: string, width: number, isWords: boolean): string {
  return isWords ? text.padEnd(width) : text.padStart(width);
}

/** A figure with as many digits as it is worth: `1,234`, `56.7`, `0.89`. */
export function figure(value: number): string {
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** An estimate with its interval: `1.62 (1.58 … 1.70)`. */
export function interval({ median, low, high }: Estimate): string {
  return `${figure(median)} (${figure(low)} … ${figure(high)})`;
}
