/**
 * Runs checks one after the other.
 *
 * Owns the deadline of each, and the step from how a check ended to its outcome. Nothing that a Runtime does makes it
 * throw; when the Runtime answers nothing at all, what is left is skipped.
 */
import { Mismatch, SkipCheck, Unreachable, type Check, type Outcome, type Section } from "./check.ts";
import { quirkText } from "./quirks.ts";
import type { Subject } from "./subject.ts";

/** What became of a check. */
export interface CheckResult {
  readonly section: string;
  readonly name: string;
  readonly outcome: Outcome;
}

/** How a run is watched and ended. */
export interface RunOptions {
  readonly signal: AbortSignal;
  /** Told of each result as it is there. */
  readonly onResult?: (result: CheckResult) => void;
}

/** Requests that a check makes one after the other, at the most, before its deadline. */
const REQUESTS_PER_CHECK = 6;

/** Runs all checks of all sections. Afterwards the Workers that they made are still to be stopped. */
export async function runChecks(
  sections: readonly Section[],
  subject: Subject,
  { signal, onResult }: RunOptions,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  let gone: string | null = null;
  for (const section of sections) {
    for (const check of section.checks) {
      const because = signal.aborted ? "the run was interrupted" : gone;
      const outcome = because === null ? await judge(check, subject, signal) : ({ kind: "skipped", because } as const);
      // A Runtime that is not there costs its time-out once.
      if (results.length === 0 && outcome.kind === "unreachable") gone = "the Runtime does not answer";
      const told: Outcome = outcome.kind === "unreachable" ? { ...outcome, kind: "fails" } : outcome;
      const result: CheckResult = { section: section.name, name: check.name, outcome: told };
      results.push(result);
      onResult?.(result);
    }
  }
  return results;
}

type Judgement = Outcome | { readonly kind: "unreachable"; readonly expected: string; readonly came: string };

async function judge({ options, body }: Check, subject: Subject, outer: AbortSignal): Promise<Judgement> {
  if (options.needs === "token" && subject.token === null) return skipped("no token was given");
  if (options.needs === "no token" && subject.token !== null) return skipped("a token was given");
  const { requestTimeoutMs, answerTimeoutMs } = subject.limits;
  const timeoutMs = REQUESTS_PER_CHECK * requestTimeoutMs + (options.answers ?? 0) * answerTimeoutMs;
  const late = new Mismatch(`an end of the check within ${timeoutMs} ms`, "none");
  const ending = new AbortController();
  const end = () => ending.abort(new SkipCheck("the run was interrupted"));
  const timer = setTimeout(() => ending.abort(late), timeoutMs);
  outer.addEventListener("abort", end);
  const ended = Promise.withResolvers<never>();
  ending.signal.addEventListener("abort", () => ended.reject(ending.signal.reason));
  const notes = new Set<string>();
  subject.begin(ending.signal);
  try {
    await Promise.race([body({ subject, tolerate: (quirk) => void notes.add(quirkText(quirk)) }), ended.promise]);
    return notes.size === 0 ? { kind: "holds" } : { kind: "differs", notes: [...notes] };
  } catch (error) {
    return judgementOf(error);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", end);
    subject.discardObservers();
  }
}

function judgementOf(error: unknown): Judgement {
  if (error instanceof SkipCheck) return skipped(error.message);
  if (error instanceof Mismatch) {
    const { expected, came } = error;
    return { kind: error instanceof Unreachable ? "unreachable" : "fails", expected, came };
  }
  const came = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { kind: "fails", expected: "no failure of the check itself", came };
}

const skipped = (because: string): Outcome => ({ kind: "skipped", because });
