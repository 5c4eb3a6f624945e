/**
 * Charts as data: what a case gives to be drawn.
 *
 * Owns the shape, what a chart says in words, and whether a bar reaches its target. `bar-chart.ts` draws it, `goal.ts`
 * makes goals of it.
 */
import type { Estimate } from "./statistics.ts";
import { figure, interval } from "./table.ts";

/** A median with its interval, or an exact figure. */
export type Value = Estimate | number;

/** What was aimed at. */
export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** One subject or peer. */
export interface Bar {
  /** `this server on Node`. */
  readonly label: string;
  readonly value: Value;
  /** Whether it is there to be compared with, and has no target of its own; false where this is left out. */
  readonly isPeer?: boolean;
}

/** Horizontal bars of one measure, from zero. */
export interface Chart {
  /** What is measured, as it stands in a sentence: `processor time per delivery, 100 viewers`. */
  readonly title: string;
  /** As it goes on after a figure: `times ws`, `kB`. */
  readonly unit: string;
  /** Whether its figures are ratios taken in the same run, which the speed of the machine does not move. */
  readonly isRatio: boolean;
  readonly bars: readonly Bar[];
  readonly target?: Target;
}

/** The figure itself, without its interval. */
export function middleOf(value: Value): number {
  return typeof value === "number" ? value : value.median;
}

/** `1.72 (1.57 … 2.00)`, or `39.5` where it is exact. */
export function valueText(value: Value): string {
  if (typeof value === "number") return Number.isInteger(value) ? value.toLocaleString("en-US") : figure(value);
  return interval(value);
}

/** Whether a figure is where it should be. */
export function reaches(value: Value, target: Target): boolean {
  return "atMost" in target ? middleOf(value) <= target.atMost : middleOf(value) >= target.atLeast;
}

/** `at most 0.8`. */
export function targetText(target: Target): string {
  const [word, limit] = "atMost" in target ? ["at most", target.atMost] : ["at least", target.atLeast];
  return `${word} ${limit.toLocaleString("en-US", { maximumFractionDigits: 3 })}`;
}

/** The target of a figure. */
export function limitOf(target: Target): number {
  return "atMost" in target ? target.atMost : target.atLeast;
}

/** Everything that the drawing says: for whoever does not see it. */
export function chartWords({ title, unit, bars, target }: Chart): string {
  const words = bars.map(({ label, value, isPeer = false }) => {
    const outcome = target === undefined || isPeer ? "" : reaches(value, target) ? ", met" : ", missed";
    return `${label}: ${valueText(value)}${outcome}`;
  });
  const aim = target === undefined ? "" : ` Target: ${targetText(target)}.`;
  return `${capitalized(title)}, ${unit}. ${words.join("; ")}.${aim}`;
}

/** With its first letter as a title has it. */
export function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
