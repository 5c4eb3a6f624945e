/**
 * What the kit found, in words.
 *
 * Owns the table, the list of what fails, the JSON form, and the scrubbing: neither the token nor more of an answer than
 * is needed leaves the kit, and no control character of a peer's reaches a terminal.
 */
import type { Outcome } from "./check.ts";
import type { CheckResult } from "./runner.ts";

/** What is kept out of a report. */
export interface ReportOptions {
  readonly token: string | null;
  readonly maxChars: number;
}

/** How often there was which outcome. */
export type Counts = Readonly<Record<Outcome["kind"], number>>;

/** Counts outcomes. */
export function countOutcomes(results: readonly CheckResult[]): Counts {
  const counts = { holds: 0, differs: 0, fails: 0, skipped: 0 };
  for (const { outcome } of results) counts[outcome.kind] += 1;
  return counts;
}

/** Results whose texts may be shown. */
export function scrubResults(results: readonly CheckResult[], options: ReportOptions): readonly CheckResult[] {
  return results.map((result) => ({ ...result, outcome: scrubOutcome(result.outcome, options) }));
}

function scrubOutcome(outcome: Outcome, options: ReportOptions): Outcome {
  switch (outcome.kind) {
    case "fails":
      return { ...outcome, expected: scrub(outcome.expected, options), came: scrub(outcome.came, options) };
    case "skipped":
      return { ...outcome, because: scrub(outcome.because, options) };
    case "holds":
    case "differs":
      return outcome;
  }
}

/** A text that may be shown. */
export function scrub(text: string, { token, maxChars }: ReportOptions): string {
  const plain = token === null ? text : text.replaceAll(token, "<token>");
  const shown = plain.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ");
  return shown.length > maxChars ? `${shown.slice(0, maxChars)} …` : shown;
}

/** The whole report for a terminal. */
export function renderReport(results: readonly CheckResult[]): string {
  const { holds, differs, fails, skipped } = countOutcomes(results);
  const failures = results.flatMap(({ section, name, outcome }) =>
    outcome.kind === "fails" ? [`${section}: ${name}\n  expected ${outcome.expected}\n  came     ${outcome.came}`] : [],
  );
  const total = `${holds} hold, ${differs} differ, ${fails} fail, ${skipped} skipped`;
  return [renderTable(results), ...failures, total].join("\n\n");
}

/** The table, as a terminal and a document both show it. */
export function renderTable(results: readonly CheckResult[]): string {
  const rows = results.map(({ section, name, outcome }, index) => [
    results[index - 1]?.section === section ? "" : section,
    name,
    outcome.kind,
    remark(outcome).replaceAll("|", "/"),
  ]);
  const head = ["section", "check", "result", "remark"];
  const widths = head.map((cell, column) =>
    column === head.length - 1 ? cell.length : Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

function remark(outcome: Outcome): string {
  switch (outcome.kind) {
    case "holds":
      return "";
    case "differs":
      return outcome.notes.join("; ");
    case "skipped":
      return outcome.because;
    case "fails":
      return "see below";
  }
}
