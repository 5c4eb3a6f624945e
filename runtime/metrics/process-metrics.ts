/**
 * The figures of every process that has Workers: the workspace server and the Runtime process.
 *
 * Owns those that both have: runs, the provider, the store, requests, spans. What only one of them has stands beside it,
 * in `server/observability/metrics.ts` and `runtime/rest/runtime-metrics.ts`. Labels are words of closed lists: codes of
 * the problem table, patterns of routes, statuses. No id, no address and no text of a person ever becomes one.
 */
import type { Clock } from "../clock.ts";
import { NO_TELEMETRY, type Telemetry } from "../telemetry.ts";
import type { SpanCounts } from "../tracing/tracing.ts";
import { Counter, Gauge, Histogram, ReadCounter, type Metric } from "./metric.ts";

/** Figures of one process. */
export interface ProcessMetrics {
  /** Counts what the core reports. */
  readonly telemetry: Telemetry;
  /** What there is, in the order of the text. */
  readonly all: readonly Metric[];
  /** @param route Its pattern, e.g. `/api/runtimes/:runtime_id`. */
  requestAnswered(method: string, route: string, status: number): void;
}

const METHODS = new Set(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]);
const ANSWER_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const STORE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const MS_PER_S = 1_000;

const noSpans = (): SpanCounts => ({ sent: 0, dropped: 0 });

/** Makes the figures, all of them at zero. @param spans Told of the process's spans when they are read. */
export function createProcessMetrics(clock: Pick<Clock, "now">, spans: () => SpanCounts = noSpans): ProcessMetrics {
  const startTime = new Gauge("process_start_time_seconds", "When the process started, in seconds since 1970.");
  const runsActive = new Gauge("yoi_runs_active", "Runs that are under way in this process.");
  const runs = new Counter("yoi_runs_total", "Runs that ended, by how.", ["end"]);
  const firstToken = new Histogram(
    "yoi_run_first_token_seconds",
    "From a run's start to the first piece of its answer.",
    ANSWER_SECONDS,
  );
  const duration = new Histogram("yoi_run_duration_seconds", "From a run's start to its end.", ANSWER_SECONDS);
  const providerErrors = new Counter(
    "yoi_provider_errors_total",
    "Attempts that failed at the provider, by the problem.",
    ["code"],
  );
  const storeAppend = new Histogram("yoi_store_append_seconds", "How long the store took to keep.", STORE_SECONDS);
  const storeFailures = new Counter("yoi_store_failures_total", "What the store did not keep, by the problem.", [
    "code",
  ]);
  const requests = new Counter("yoi_requests_total", "Requests answered.", ["method", "route", "status"]);
  const traceSpans = new ReadCounter(
    "yoi_trace_spans_total",
    "Spans for the collector, by what became of them.",
    "result",
    () => ({ ...spans() }),
  );
  startTime.value = clock.now() / MS_PER_S;

  return {
    all: [
      startTime,
      runsActive,
      runs,
      firstToken,
      duration,
      providerErrors,
      storeAppend,
      storeFailures,
      requests,
      traceSpans,
    ],
    telemetry: {
      ...NO_TELEMETRY,
      runStarted: () => (runsActive.value += 1),
      runEnded({ end, firstTokenMs, totalMs }) {
        runsActive.value -= 1;
        runs.count(end);
        duration.observe(totalMs / MS_PER_S);
        if (firstTokenMs !== null) firstToken.observe(firstTokenMs / MS_PER_S);
      },
      providerFailed: (code) => providerErrors.count(code),
      storeAppended: (durationMs) => storeAppend.observe(durationMs / MS_PER_S),
      storeFailed: ({ code }) => storeFailures.count(code),
    },
    requestAnswered: (method, route, status) =>
      requests.count(METHODS.has(method) ? method : "other", route, String(status)),
  };
}
