/**
 * Spans as OpenTelemetry's protocol writes them, in JSON.
 *
 * Owns the shape only: ids as hex digits, times as decimal nanoseconds, whole numbers as texts. Pure.
 */
import { SCOPE, type Attributes, type SpanKind } from "./tracing.ts";

/** Something that happened within a span. */
export interface SpanEvent {
  readonly name: string;
  /** Epoch milliseconds, with fractions. */
  readonly ts: number;
  readonly attributes: Attributes;
}

/** A span that has ended. */
export interface EndedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: SpanKind;
  /** Epoch milliseconds, with fractions. */
  readonly startTs: number;
  readonly endTs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly hasFailed: boolean;
}

const KINDS: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 };
const STATUS_ERROR = 2;
const NS_PER_US = 1_000n;
const US_PER_MS = 1_000;

/** The body of one hand-over. @param resource What all of them come from. */
export function encodeSpans(resource: Attributes, spans: readonly EndedSpan[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: SCOPE }, spans: spans.map(spanJson) }],
      },
    ],
  });
}

function spanJson(span: EndedSpan) {
  const { traceId, spanId, parentSpanId, name, kind, startTs, endTs, attributes, events, hasFailed } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(startTs),
    endTimeUnixNano: nanoseconds(endTs),
    attributes: keyValues(attributes),
    events: events.map((event) => ({
      timeUnixNano: nanoseconds(event.ts),
      name: event.name,
      attributes: keyValues(event.attributes),
    })),
    status: hasFailed ? { code: STATUS_ERROR } : {},
  };
}

/** More than a number holds exactly. */
const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms * US_PER_MS)) * NS_PER_US);

function keyValues(attributes: Attributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: Attributes[string]): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map((text) => ({ stringValue: text })) } };
}
