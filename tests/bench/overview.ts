/**
 * The overview: every goal of every case whose figures are kept, in one table.
 *
 * Owns its columns. `page.ts` puts it at the top of the document.
 */
import { agreementCell } from "./agreement.ts";
import { targetText, valueText } from "./harness/chart.ts";
import { renderTable } from "./harness/table.ts";
import type { KeptCase } from "./kept.ts";

/** A sentence on how many goals are met, and the table. */
export function renderOverview(cases: readonly KeptCase[]): string {
  const kept = cases.flatMap(({ name, figures }) => (figures === null ? [] : [{ name, ...figures }]));
  const goals = kept.flatMap(({ result }) => result.goals);
  const rows = kept.flatMap(({ name, result, agreement }) =>
    result.goals.map(({ text, isMet, measured }, index) => [
      index === 0 ? `[${name}](#${name})` : "",
      measured?.what ?? text,
      measured === undefined ? "" : `${targetText(measured.target)} ${measured.unit}`,
      measured === undefined ? "" : valueText(measured.reached),
      isMet ? "met" : "**missed**",
      index === 0 && agreement !== null ? agreementCell(agreement) : "",
    ]),
  );
  const met = goals.filter(({ isMet }) => isMet).length;
  const head = ["case", "what is measured", "must be", "reached", "", "agreement"];
  const table = renderTable({ head, rows, wordColumns: 3 });
  return `${met} of ${goals.length} goals are met.\n\n${table}`;
}
