/**
 * Goals that keep their figures.
 *
 * Owns the one wording, so that a goal's sentence and its row in the overview say the same. Cases make theirs with it.
 */
import type { Goal, Measured } from "../bench-case.ts";
import { reaches, targetText, type Chart, type Target, type Value } from "./chart.ts";

/** `goal("Node: heap", 8.1, { atMost: 8 }, "kB")`: "Node: heap, at most 8 kB", missed. */
export function goal(what: string, reached: Value, target: Target, unit: string): Goal {
  const measured: Measured = { what, unit, reached, target };
  return { text: `${what}, ${targetText(target)} ${unit}`, isMet: reaches(reached, target), measured };
}

/** One for each bar that is not a peer's. A chart without a target has none. */
export function goalsOf({ title, unit, bars, target }: Chart): readonly Goal[] {
  if (target === undefined) return [];
  return bars
    .filter(({ isPeer = false }) => !isPeer)
    .map(({ label, value }) => goal(`${label}: ${title}`, value, target, unit));
}
