/**
 * The recorder that hands spans to whoever has registered with OpenTelemetry's API: Deno's own exporter.
 *
 * Owns the translation. Deno makes spans of its own for requests that `fetch` sends, below ours, and sends the trace's name
 * along with them. It is loaded only on Deno, where that exporter is switched on.
 */
import {
  context,
  createContextKey,
  ROOT_CONTEXT,
  SpanKind as ApiKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span as ApiSpan,
} from "@opentelemetry/api";
import type { TraceContext } from "./trace-context.ts";
import {
  ERROR_TYPE,
  SCOPE,
  type Attributes,
  type RecordedSpan,
  type Recorder,
  type SpanKind,
  type SpanOrigin,
} from "./tracing.ts";

const KINDS: Readonly<Record<SpanKind, ApiKind>> = {
  internal: ApiKind.INTERNAL,
  server: ApiKind.SERVER,
  client: ApiKind.CLIENT,
};
/** OpenTelemetry's own name for what keeps a request free of headers. */
const SUPPRESSED = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** @param isSentByPlatform Whether the platform puts the trace's name on requests by itself. */
export function createApiRecorder(isSentByPlatform: boolean): Recorder {
  const tracer = trace.getTracer(SCOPE);
  const spans = new WeakMap<RecordedSpan, ApiSpan>();
  return {
    isSentByPlatform,
    start(name, kind, origin, attributes) {
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes: plain(attributes) }, parentOf(origin));
      const record = recordOf(span);
      spans.set(record, span);
      return record;
    },
    within(record, work) {
      const span = record === null ? undefined : spans.get(record);
      return context.with(span === undefined ? ROOT_CONTEXT : trace.setSpan(context.active(), span), work);
    },
    unsent: (work) => context.with(context.active().setValue(SUPPRESSED, true), work),
    // Deno neither tells how many there were nor waits to be asked: it hands the rest over at its end.
    counts: { sent: 0, dropped: 0 },
    close: async () => {},
  };
}

function parentOf(origin: SpanOrigin): Context {
  if (origin.kind === "none") return ROOT_CONTEXT;
  const active = trace.getSpanContext(context.active());
  if (origin.context === null || active?.spanId === origin.context.spanId) return context.active();
  return trace.setSpanContext(ROOT_CONTEXT, spanContextOf(origin.context, origin.kind === "sender"));
}

function spanContextOf({ traceId, spanId, isSampled }: TraceContext, isRemote: boolean) {
  return { traceId, spanId, isRemote, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE };
}

function recordOf(span: ApiSpan): RecordedSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    context: { traceId, spanId, isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0 },
    rename: (name) => void span.updateName(name),
    set: (attributes) => void span.setAttributes(plain(attributes)),
    event: (name, attributes) => void span.addEvent(name, plain(attributes)),
    fail(code) {
      span.setAttribute(ERROR_TYPE, code);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    end: () => span.end(),
  };
}

/** The API's lists can be written to. */
function plain(attributes: Attributes) {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === "object" ? [...value] : value]),
  );
}
