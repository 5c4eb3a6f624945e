/**
 * The way of spans to a collector: OpenTelemetry's protocol over HTTP, in JSON.
 *
 * Owns the queue with its bound, when it is emptied, and what becomes of spans that nobody takes. A collector that is away
 * or slow costs spans, which are counted, and nothing else.
 */
import type { Clock } from "../clock.ts";
import { deadline } from "../deadline.ts";
import type { Log } from "../log.ts";
import type { Secret } from "../secret.ts";
import { encodeSpans, type EndedSpan } from "./otlp-json.ts";
import { pairsOf } from "./pairs.ts";
import type { Attributes, SpanCounts } from "./tracing.ts";

/** Where spans go. */
export interface CollectorConfig {
  readonly url: string;
  /** Headers with which the collector lets them in, as `name=value`, percent-encoded, separated by commas. */
  readonly headers: Secret | null;
  readonly timeoutMs: number;
}

/** What an exporter is made of. */
export interface OtlpExporterOptions {
  readonly collector: CollectorConfig;
  readonly resource: Attributes;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly log: Log;
}

const MAX_QUEUED_SPANS = 2_048;
const MAX_BATCH_SPANS = 512;
const BATCH_INTERVAL_MS = 1_000;
const MAX_RETRY_INTERVAL_MS = 30_000;
/** How long the end of the process may be held up. */
const CLOSE_TIMEOUT_MS = 3_000;
/** Refusals that may pass by themselves. */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Hands spans over, a batch at a time. */
export class OtlpExporter {
  readonly #options: OtlpExporterOptions;
  readonly #queue: EndedSpan[] = [];
  readonly #headers: Headers;
  #timer: Disposable | null = null;
  #sending: Promise<void> | null = null;
  #waitMs = BATCH_INTERVAL_MS;
  #isAway = false;
  #isClosed = false;
  #sent = 0;
  #dropped = 0;

  constructor(options: OtlpExporterOptions) {
    this.#options = options;
    this.#headers = headersOf(options.collector.headers);
  }

  get counts(): SpanCounts {
    return { sent: this.#sent, dropped: this.#dropped };
  }

  push(span: EndedSpan): void {
    if (this.#isClosed || this.#queue.length >= MAX_QUEUED_SPANS) {
      this.#dropped += 1;
      return;
    }
    this.#queue.push(span);
    this.#schedule();
  }

  /** Hands over what is left, and drops what can't be in time. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
    await deadline(this.#sendAll(), CLOSE_TIMEOUT_MS);
    this.#dropped += this.#queue.splice(0).length;
  }

  #schedule(): void {
    if (this.#timer !== null || this.#sending !== null || this.#isClosed) return;
    const waitMs = this.#queue.length >= MAX_BATCH_SPANS && !this.#isAway ? 0 : this.#waitMs;
    this.#timer = this.#options.clock.schedule(waitMs, () => {
      this.#timer = null;
      this.#sending = this.#send().finally(() => {
        this.#sending = null;
        if (this.#queue.length > 0) this.#schedule();
      });
    });
  }

  async #sendAll(): Promise<void> {
    await this.#sending;
    while (this.#queue.length > 0) {
      await this.#send();
      // One that is away now will not be there in a moment.
      if (this.#isAway) return;
    }
  }

  /** Never throws. */
  async #send(): Promise<void> {
    const batch = this.#queue.slice(0, MAX_BATCH_SPANS);
    const outcome = await this.#hand(batch);
    if (outcome === "away") {
      this.#note(true);
      this.#waitMs = Math.min(this.#waitMs * 2, MAX_RETRY_INTERVAL_MS);
      return;
    }
    this.#note(outcome === "refused");
    this.#waitMs = BATCH_INTERVAL_MS;
    this.#queue.splice(0, batch.length);
    if (outcome === "taken") this.#sent += batch.length;
    else this.#dropped += batch.length;
  }

  async #hand(batch: readonly EndedSpan[]): Promise<"taken" | "refused" | "away"> {
    const { collector, resource, fetch } = this.#options;
    try {
      const response = await fetch(collector.url, {
        method: "POST",
        headers: this.#headers,
        body: encodeSpans(resource, batch),
        redirect: "error",
        signal: AbortSignal.timeout(collector.timeoutMs),
      });
      // What it says is of no interest, and is not to keep the connection.
      await response.body?.cancel();
      if (response.ok) return "taken";
      return RETRYABLE_STATUSES.has(response.status) ? "away" : "refused";
    } catch {
      return "away";
    }
  }

  /** Said once, until it changes. Where the collector is stays the operator's own. */
  #note(isAway: boolean): void {
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    const { log } = this.#options;
    if (isAway) log.warning("Traces can't be handed over");
    else log.info("Traces can be handed over again");
  }
}

function headersOf(given: Secret | null): Headers {
  const headers = new Headers({ "Content-Type": "application/json" });
  for (const [name, value] of pairsOf(given?.reveal())) headers.set(name, value);
  return headers;
}
