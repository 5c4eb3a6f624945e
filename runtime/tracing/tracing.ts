/**
 * What a piece of work belongs to: the request that asked for it, and its span of a trace.
 *
 * Owns the seam through which all spans are made, and which one is going on. The core makes spans without knowing whether
 * anybody records them; recorders are `otlp-recorder.ts`, and on Deno `api-recorder.ts` where Deno's own exporter is
 * switched on. A span holds ids, codes, names and numbers: never a message, a token or a key.
 */
import type { LogFields } from "../log.ts";
import { formatTraceparent, TRACEPARENT, type TraceContext } from "./trace-context.ts";

/** Facts of a span or an event, under the names of OpenTelemetry's conventions where those have one. */
export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** By what name our spans are told from those of others in the same process. */
export const SCOPE = "yoi-workspace";

/** The attribute that names a failure: a code of the problem table, or a status. */
export const ERROR_TYPE = "error.type";

/** Which side of a call it is: ours alone, the one that answers, or the one that asks. */
export type SpanKind = "internal" | "server" | "client";

/** Where a span comes from. */
export type SpanOrigin =
  /** Nothing: it begins a trace of its own. */
  | { readonly kind: "none" }
  /** A span of this process. */
  | { readonly kind: "own"; readonly context: TraceContext }
  /** Whoever sent a request, where it says so; one that is not trusted does not decide what is recorded. */
  | { readonly kind: "sender"; readonly context: TraceContext | null; readonly isTrusted: boolean };

/** How spans are recorded. */
export interface Recorder {
  start(name: string, kind: SpanKind, origin: SpanOrigin, attributes: Attributes): RecordedSpan;
  /** Makes what is not ours, as the platform's own spans, a part of the span; null: of none. */
  within<Result>(span: RecordedSpan | null, work: () => Result): Result;
  /** Whether the platform sends the trace's name along with requests, as Deno's own exporter makes it. */
  readonly isSentByPlatform: boolean;
  /** Runs a request with which the platform may send nothing of the trace. */
  unsent<Result>(work: () => Result): Result;
  /** Spans that have been handed over, and that got lost for want of room or of somebody who takes them. */
  readonly counts: SpanCounts;
  /** Hands over what is left, for as long as that is worth waiting for. */
  close(): Promise<void>;
}

/** How many spans there were. */
export interface SpanCounts {
  readonly sent: number;
  readonly dropped: number;
}

/** A span as a recorder keeps it. */
export interface RecordedSpan {
  readonly context: TraceContext;
  rename(name: string): void;
  set(attributes: Attributes): void;
  event(name: string, attributes: Attributes): void;
  /** @param code Of the problem table, or a status. */
  fail(code: string): void;
  end(): void;
}

/** What can be a parent. */
export interface Cause {
  /** Null where nobody records. */
  readonly context: TraceContext | null;
  /** The request that it began with, also where nobody records; null where there was none. */
  readonly requestId: string | null;
}

/** A piece of work, from its start to its end. After its end it takes nothing more. */
export interface Span extends Cause {
  rename(name: string): void;
  set(attributes: Attributes): void;
  event(name: string, attributes?: Attributes): void;
  /** It ends badly. @param code Of the problem table, or a status. */
  fail(code: string): void;
  end(): void;
}

/** What a span is made of. */
export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Absent: what is going on where it is started; null: nothing. */
  readonly parent?: Cause | null;
  /** The request that it answers, instead of a parent. */
  readonly request?: {
    readonly id: string;
    readonly sender: TraceContext | null;
    readonly isSenderTrusted: boolean;
  };
}

/** Makes spans. */
export interface Tracing {
  start(name: string, options?: SpanOptions): Span;
  /** Runs work so that all that it starts and awaits is a part of the span; null: of none. */
  within<Result>(span: Span | null, work: () => Result): Result;
  /** What is going on. */
  readonly current: Span | null;
  /** Headers that carry a span to a process of ours. */
  headers(span: Span): Readonly<Record<string, string>>;
  /** Runs a request to somebody who is to learn nothing of the trace. */
  unsent<Result>(work: () => Result): Result;
  readonly counts: SpanCounts;
  /** Hands over what is left. */
  close(): Promise<void>;
}

/** A value that goes along with work, through everything that it awaits. */
export interface Ambient<Value> {
  get(): Value | undefined;
  run<Result>(value: Value | undefined, work: () => Result): Result;
}

const NO_SPANS: SpanCounts = { sent: 0, dropped: 0 };
const NO_HEADERS = {};

/** @param recorder Null: nobody records, and spans only tell which request is going on. */
export function createTracing(ambient: Ambient<Span>, recorder: Recorder | null): Tracing {
  const recorded = new WeakMap<Span, RecordedSpan>();
  const current = (): Span | null => ambient.get() ?? null;

  return {
    start(name, { kind = "internal", attributes = {}, parent = current(), request } = {}) {
      const requestId = request?.id ?? parent?.requestId ?? null;
      if (recorder === null) return silentSpan(requestId);
      const record = recorder.start(name, kind, originOf(parent, request), attributes);
      const span = { ...recordingSpan(record), context: record.context, requestId };
      recorded.set(span, record);
      return span;
    },
    within(span, work) {
      return ambient.run(span ?? undefined, () => {
        if (recorder === null) return work();
        return recorder.within(span === null ? null : (recorded.get(span) ?? null), work);
      });
    },
    get current() {
      return current();
    },
    headers({ context }) {
      if (context === null || recorder === null || recorder.isSentByPlatform) return NO_HEADERS;
      return { [TRACEPARENT]: formatTraceparent(context) };
    },
    unsent: (work) => (recorder === null ? work() : recorder.unsent(work)),
    get counts() {
      return recorder?.counts ?? NO_SPANS;
    },
    close: async () => recorder?.close(),
  };
}

function originOf(parent: Cause | null, request: SpanOptions["request"]): SpanOrigin {
  if (request !== undefined) return { kind: "sender", context: request.sender, isTrusted: request.isSenderTrusted };
  const context = parent?.context ?? null;
  return context === null ? { kind: "none" } : { kind: "own", context };
}

function recordingSpan(record: RecordedSpan): Omit<Span, keyof Cause> {
  let hasEnded = false;
  const unlessEnded = (work: () => void): void => {
    if (!hasEnded) work();
  };
  return {
    rename: (name) => unlessEnded(() => record.rename(name)),
    set: (attributes) => unlessEnded(() => record.set(attributes)),
    event: (name, attributes = {}) => unlessEnded(() => record.event(name, attributes)),
    fail: (code) => unlessEnded(() => record.fail(code)),
    end: () =>
      unlessEnded(() => {
        hasEnded = true;
        record.end();
      }),
  };
}

const nothing = (): void => {};

function silentSpan(requestId: string | null): Span {
  return { context: null, requestId, rename: nothing, set: nothing, event: nothing, fail: nothing, end: nothing };
}

const NOBODY: Ambient<Span> = { get: () => undefined, run: (_value, work) => work() };

/** Records nothing and knows of no request. */
export const NO_TRACING: Tracing = createTracing(NOBODY, null);

/** What a line of the log says of the work that it belongs to. */
export function fieldsOf(cause: Cause | undefined): LogFields {
  if (cause === undefined) return {};
  const { context, requestId } = cause;
  return {
    ...(requestId === null ? {} : { request_id: requestId }),
    ...(context === null ? {} : { trace_id: context.traceId, span_id: context.spanId }),
  };
}
