/**
 * Whether runs of a case agree.
 *
 * Owns the comparison of the ratios of whole runs, and the choice of the run whose figures are shown. Times move with the
 * machine and are not compared; sizes do not, and are.
 */
import type { CaseResult } from "./bench-case.ts";
import { middleOf } from "./harness/chart.ts";
import { median } from "./harness/statistics.ts";
import { figure, renderTable } from "./harness/table.ts";

/** Of the charts that show sizes. */
const SIZE_UNIT = "kB";
/** What runs may differ by and still agree. */
const LIMIT = 0.15;

/** One ratio or size in all runs. */
export interface RatioOfRuns {
  /** `this server on Node: processor time per delivery, 100 viewers`. */
  readonly what: string;
  readonly runs: readonly number[];
  /** The largest distance from the runs' median, as a share of it. */
  readonly deviation: number;
}

/** What runs of a case have in common. */
export interface Agreement {
  readonly runs: number;
  /** The largest of all ratios. */
  readonly deviation: number;
  /** The ratio that it is of. */
  readonly what: string;
}

/** Each ratio and each size that the charts of the runs show, but for those ratios that are 1 by definition. */
export function compareRuns(results: readonly CaseResult[]): readonly RatioOfRuns[] {
  const found = new Map<string, number[]>();
  for (const { charts = [] } of results) {
    for (const { title, unit, isRatio, bars } of charts) {
      if (!isRatio && unit !== SIZE_UNIT) continue;
      for (const { label, value, isPeer = false } of bars) {
        if (isRatio && isPeer && value === 1) continue;
        const what = `${label}: ${title}`;
        found.set(what, [...(found.get(what) ?? []), middleOf(value)]);
      }
    }
  }
  return Array.from(found, ([what, runs]) => ({ what, runs, deviation: deviationOf(runs) }));
}

/** The ratio that the runs agree on least; null where there is none, or only one run. */
export function agreementOf(results: readonly CaseResult[]): Agreement | null {
  if (results.length < 2) return null;
  const [worst] = compareRuns(results).toSorted((a, b) => b.deviation - a.deviation);
  return worst === undefined ? null : { runs: results.length, deviation: worst.deviation, what: worst.what };
}

/** The run that is nearest to the medians of all of them, so that no lucky one is shown. */
export function middleRun(results: readonly CaseResult[]): CaseResult {
  const ratios = compareRuns(results);
  const distance = (run: number): number =>
    ratios.reduce((sum, { runs }) => {
      const middle = median(runs);
      return sum + Math.abs((runs[run] ?? middle) - middle) / (Math.abs(middle) || 1);
    }, 0);
  const [first, ...others] = results.map((result, run) => ({ result, distance: distance(run) }));
  if (first === undefined) throw new RangeError("Cannot choose a run: there is none");
  return others.reduce((best, one) => (one.distance < best.distance ? one : best), first).result;
}

/** `3 runs agree within 7 % (most apart: …).` */
export function agreementText({ runs, deviation, what }: Agreement): string {
  const percent = percentOf(deviation);
  return deviation <= LIMIT
    ? `${runs} runs agree within ${percent} (furthest apart: ${what}).`
    : `**${runs} runs do not agree**: they differ by up to ${percent}, more than ${percentOf(LIMIT)} (${what}).`;
}

/** For the overview: `3 runs, 7 %`. */
export function agreementCell({ runs, deviation }: Agreement): string {
  const percent = percentOf(deviation);
  return `${runs} runs, ${deviation <= LIMIT ? percent : `**${percent}**`}`;
}

/** All ratios of all runs, for a terminal. */
export function renderRuns(ratios: readonly RatioOfRuns[]): string {
  const count = Math.max(0, ...ratios.map(({ runs }) => runs.length));
  return renderTable({
    head: [
      "figure",
      ...Array.from({ length: count }, (_, run) => `run ${run + 1}`),
      "apart",
      `within ${percentOf(LIMIT)}`,
    ],
    rows: ratios.map(({ what, runs, deviation }) => [
      what,
      ...Array.from({ length: count }, (_, run) => (runs[run] === undefined ? "" : figure(runs[run]))),
      percentOf(deviation),
      deviation <= LIMIT ? "met" : "missed",
    ]),
  });
}

function deviationOf(runs: readonly number[]): number {
  const middle = median(runs);
  const furthest = Math.max(...runs.map((run) => Math.abs(run - middle)));
  return furthest === 0 ? 0 : furthest / Math.abs(middle);
}

/** Upwards: 15.01 % are not within 15. */
function percentOf(share: number): string {
  return `${Math.ceil(Number((share * 100).toFixed(6)))} %`;
}
