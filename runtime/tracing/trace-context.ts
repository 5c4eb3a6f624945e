/**
 * What names a span to another process: the W3C's trace context.
 *
 * Owns the header `traceparent`. Whatever is no such header is the same as none: whoever sends it is not refused for it.
 */

/** A span's name in the world. */
export interface TraceContext {
  /** 32 hex digits that all spans of one cause share. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** Whether it is recorded. */
  readonly isSampled: boolean;
}

/** The header's name. */
export const TRACEPARENT = "traceparent";

const PATTERN = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const VERSION = "00";
const SAMPLED_FLAG = 1;

/** The context that a header names; null where it names none. */
export function parseTraceparent(header: string | undefined): TraceContext | null {
  const [, version, traceId, spanId, flags = "", rest] = PATTERN.exec(header ?? "") ?? [];
  if (traceId === undefined || spanId === undefined) return null;
  // A later version may say more behind its end.
  if (version === VERSION && rest !== undefined) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED_FLAG) === SAMPLED_FLAG };
}

/** The header of a context, e.g. `00-4bf9…-00f0…-01`. */
export function formatTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `${VERSION}-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}
