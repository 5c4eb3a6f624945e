/**
 * Which traces are recorded.
 *
 * Owns the standard's six rules. A share is taken by the trace's id, so that every process that is asked for the same
 * share decides alike.
 */
import type { TraceContext } from "./trace-context.ts";
import type { SpanOrigin } from "./tracing.ts";

/** The rule. */
export interface Sampling {
  /** Whether a trace that has begun elsewhere is recorded where it was there. */
  readonly followsParent: boolean;
  /** Which part of all other traces is recorded, from 0 to 1. */
  readonly ratio: number;
}

/** Digits of the id that decide: as many as a number holds exactly. */
const FIRST_DIGIT = 16;
const DIGITS = 13;
const RANGE = 16 ** DIGITS;

/**
 * What a span goes on; null: it begins a trace. Whoever names a trace decides about its share, so where one is taken, what a
 * stranger asks for gets a name of ours.
 */
export function parentOf({ ratio }: Sampling, origin: SpanOrigin): TraceContext | null {
  if (origin.kind === "none") return null;
  const isStranger = origin.kind === "sender" && !origin.isTrusted;
  return isStranger && ratio > 0 && ratio < 1 ? null : origin.context;
}

/** Whether a span is recorded. A sender that is not trusted is not followed. */
export function isSampled({ followsParent, ratio }: Sampling, origin: SpanOrigin, traceId: string): boolean {
  const isKnown = origin.kind === "own" || (origin.kind === "sender" && origin.isTrusted);
  if (followsParent && isKnown && origin.context !== null) return origin.context.isSampled;
  return Number.parseInt(traceId.slice(FIRST_DIGIT, FIRST_DIGIT + DIGITS), 16) / RANGE < ratio;
}
