/**
 * The recorder that hands spans to a collector.
 *
 * Owns spans while they go on: their ids, their times, the bounds of what they hold. It is loaded only where a collector is
 * configured.
 */
import { randomHex, type Clock, type Random } from "../clock.ts";
import type { OtlpExporter } from "./otlp-exporter.ts";
import type { EndedSpan, SpanEvent } from "./otlp-json.ts";
import { isSampled, parentOf, type Sampling } from "./sampler.ts";
import { ERROR_TYPE, type Attributes, type RecordedSpan, type Recorder, type SpanKind } from "./tracing.ts";

/** What the recorder is made of. */
export interface OtlpRecorderOptions {
  readonly exporter: Pick<OtlpExporter, "push" | "close" | "counts">;
  readonly sampling: Sampling;
  readonly clock: Pick<Clock, "now">;
  /** Milliseconds that only go up, with fractions, e.g. `performance.now()`. */
  readonly stopwatch: () => number;
  readonly random: Random;
}

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
const MAX_EVENTS = 32;
const MAX_VALUE_CHARS = 256;

/** Makes the recorder. */
export function createOtlpRecorder(options: OtlpRecorderOptions): Recorder {
  const { exporter, sampling, random } = options;
  return {
    isSentByPlatform: false,
    start(name, kind, origin, attributes) {
      const parent = parentOf(sampling, origin);
      const traceId = parent?.traceId ?? randomHex(random, TRACE_ID_BYTES);
      const ids = { traceId, spanId: randomHex(random, SPAN_ID_BYTES), parentSpanId: parent?.spanId ?? null };
      if (isSampled(sampling, origin, traceId)) return new OpenSpan(options, ids, name, kind, attributes);
      return unrecorded(ids);
    },
    within: (_span, work) => work(),
    unsent: (work) => work(),
    get counts() {
      return exporter.counts;
    },
    close: () => exporter.close(),
  };
}

type Ids = Pick<EndedSpan, "traceId" | "spanId" | "parentSpanId">;

class OpenSpan implements RecordedSpan {
  readonly context;
  readonly #options: OtlpRecorderOptions;
  readonly #ids: Ids;
  readonly #kind: SpanKind;
  readonly #startTs: number;
  readonly #startedMs: number;
  #name: string;
  #attributes: Attributes;
  readonly #events: SpanEvent[] = [];
  #hasFailed = false;

  constructor(options: OtlpRecorderOptions, ids: Ids, name: string, kind: SpanKind, attributes: Attributes) {
    this.#options = options;
    this.#ids = ids;
    this.#kind = kind;
    this.#name = name;
    this.#attributes = bounded(attributes);
    this.#startTs = options.clock.now();
    this.#startedMs = options.stopwatch();
    this.context = { traceId: ids.traceId, spanId: ids.spanId, isSampled: true };
  }

  /** The wall clock may be set while a span goes on; what it takes is measured. */
  get #ts(): number {
    return this.#startTs + (this.#options.stopwatch() - this.#startedMs);
  }

  rename(name: string): void {
    this.#name = name;
  }

  set(attributes: Attributes): void {
    this.#attributes = { ...this.#attributes, ...bounded(attributes) };
  }

  event(name: string, attributes: Attributes): void {
    if (this.#events.length < MAX_EVENTS) this.#events.push({ name, ts: this.#ts, attributes: bounded(attributes) });
  }

  fail(code: string): void {
    this.#hasFailed = true;
    this.set({ [ERROR_TYPE]: code });
  }

  end(): void {
    this.#options.exporter.push({
      ...this.#ids,
      name: this.#name,
      kind: this.#kind,
      startTs: this.#startTs,
      endTs: this.#ts,
      attributes: this.#attributes,
      events: this.#events,
      hasFailed: this.#hasFailed,
    });
  }
}

const nothing = (): void => {};

/** A span that only passes its name on. */
function unrecorded({ traceId, spanId }: Ids): RecordedSpan {
  const context = { traceId, spanId, isSampled: false };
  return { context, rename: nothing, set: nothing, event: nothing, fail: nothing, end: nothing };
}

function bounded(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === "string" ? value.slice(0, MAX_VALUE_CHARS) : value,
    ]),
  );
}
