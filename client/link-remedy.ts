/**
 * What the end of a stream means, and when to come back. Pure: values in, values out. Every viewer of the project, the
 * console among them, asks here.
 */
import type { StreamDiagnostic } from "../protocol/frame.ts";
import { isProblemCode, problemRow, type ProblemCode } from "../protocol/problem.ts";

/** What to do when the server has said why it ends a stream. */
export type LinkRemedy =
  /** The position is of no use: forget it, and ask for a snapshot at once. */
  | { readonly kind: "fresh_snapshot" }
  | { readonly kind: "retry" }
  | { readonly kind: "give_up"; readonly problem: ProblemCode };

const CURSOR_PROBLEMS: ReadonlySet<string> = new Set<ProblemCode>([
  "cursor_malformed",
  "cursor_unknown",
  "cursor_expired",
  "cursor_foreign",
]);

/** Statuses that stay what they are, however often one asks: malformed, absent, unsupported. */
const FINAL_STATUSES: ReadonlySet<number> = new Set([400, 404, 501]);

/** The remedy for a diagnostic, by its code in the problem table. */
export function remedyFor(diagnostic: StreamDiagnostic): LinkRemedy {
  const code = diagnostic.problem ?? diagnostic.code;
  if (CURSOR_PROBLEMS.has(code)) return { kind: "fresh_snapshot" };
  // A peer without our own key says no more than this.
  if (/cursor_(unknown_or_expired|malformed)$/.test(code)) return { kind: "fresh_snapshot" };
  if (code.endsWith("worker_not_found"))
    return { kind: "give_up", problem: isProblemCode(code) ? code : "worker_not_found" };
  if (isProblemCode(code) && FINAL_STATUSES.has(problemRow(code).status)) return { kind: "give_up", problem: code };
  return { kind: "retry" };
}

const BACKOFF = { firstMs: 250, factor: 1.8, longestMs: 10_000 } as const;

/** How long to wait before attempt number `failedAttempts + 1`, in milliseconds. `random` is within [0, 1). */
export function backoffMs(failedAttempts: number, random: number): number {
  if (failedAttempts === 0) return 0;
  const ceiling = Math.min(BACKOFF.longestMs, BACKOFF.firstMs * BACKOFF.factor ** (failedAttempts - 1));
  // Half of it is chance, so that a thousand viewers don't come back in the same millisecond.
  return Math.round(ceiling * (0.5 + random / 2));
}

/** So many sockets in a row that don't get through to a server that answers are enough: the rest goes over plain HTTP. */
export const BLOCKED_SOCKETS = 2;
