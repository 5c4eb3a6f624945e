/**
 * The conformance kit, run by a test.
 *
 * Owns the time-outs of such a run, which a loaded machine keeps, and the names of what it found.
 */
import type { Outcome } from "../conformance/check.ts";
import { judgeRuntime, type Conformance, type ConformanceOptions } from "../conformance/conformance.ts";
import { DEFAULT_KIT_LIMITS, type KitLimits } from "../conformance/limits.ts";
import { DEADLINE_MS } from "./within.ts";

type RunChanges = Partial<Omit<ConformanceOptions, "limits">> & { readonly limits?: Partial<KitLimits> };

/** Judges the Runtime at an address. */
export function judged(baseUrl: string, { limits, ...changes }: RunChanges = {}): Promise<Conformance> {
  return judgeRuntime({
    baseUrl,
    token: null,
    message: "hello",
    ...changes,
    limits: { ...DEFAULT_KIT_LIMITS, requestTimeoutMs: DEADLINE_MS, answerTimeoutMs: DEADLINE_MS, ...limits },
  });
}

/** The checks with an outcome, e.g. `resume: every position of a run is resumed from`. */
export function checksThat(kind: Outcome["kind"], { results }: Conformance): readonly string[] {
  return results.filter(({ outcome }) => outcome.kind === kind).map(({ section, name }) => `${section}: ${name}`);
}

/** What came where something else was expected, of all checks. */
export function failuresOf({ results }: Conformance): readonly string[] {
  return results.flatMap(({ section, name, outcome }) =>
    outcome.kind === "fails" ? [`${section}: ${name}: expected ${outcome.expected}; came ${outcome.came}`] : [],
  );
}
