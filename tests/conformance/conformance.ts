/**
 * The kit from its arguments to its results.
 *
 * Owns one judgement: the checks, the stopping of what they made, and the scrubbing of what is told. Printing is
 * `main.ts`'s matter.
 */
import type { Section } from "./check.ts";
import { scrub, scrubResults } from "./report.ts";
import { runChecks, type CheckResult } from "./runner.ts";
import { SECTIONS } from "./sections.ts";
import { Subject, type SubjectOptions } from "./subject.ts";

/** What is judged, and which part of it. */
export interface ConformanceOptions extends SubjectOptions {
  /** Names of sections; absent: all of them. */
  readonly only?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onResult?: (result: CheckResult) => void;
}

/** What was found. */
export interface Conformance {
  readonly results: readonly CheckResult[];
  /** Workers that could not be stopped, and why. */
  readonly left: readonly string[];
}

/** How long the stopping of Workers may take, in requests. */
const CLEAN_UP_REQUESTS = 6;

/** Judges a Runtime. @throws TypeError where the address is none, RangeError where a section is unknown */
export async function judgeRuntime(options: ConformanceOptions): Promise<Conformance> {
  const { only, signal = new AbortController().signal, onResult, limits, token } = options;
  const sections = chosenSections(only);
  const subject = new Subject(options);
  const report = { token, maxChars: limits.maxReportChars };
  const tell = (result: CheckResult) => scrubResults([result], report).forEach((scrubbed) => onResult?.(scrubbed));
  const results = await runChecks(sections, subject, { signal, onResult: tell });
  const left = await subject.cleanUp(AbortSignal.timeout(CLEAN_UP_REQUESTS * limits.requestTimeoutMs));
  return { results: scrubResults(results, report), left: left.map((text) => scrub(text, report)) };
}

function chosenSections(only: readonly string[] | undefined): readonly Section[] {
  if (only === undefined) return SECTIONS;
  const unknown = only.filter((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown.length > 0) {
    const known = SECTIONS.map(({ name }) => name).join(", ");
    throw new RangeError(`Cannot judge ${unknown.join(", ")}: the sections are ${known}`);
  }
  return SECTIONS.filter(({ name }) => only.includes(name));
}
