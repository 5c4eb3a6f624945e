/**
 * The Runtime process's figures.
 *
 * Owns those of its observers; what every process with Workers counts is `metrics/process-metrics.ts`.
 * `docs/operations.md` has the same list.
 */
import type { Clock } from "../clock.ts";
import { Counter, Gauge, renderMetrics, type MetricHead } from "../metrics/metric.ts";
import { createProcessMetrics, type ProcessMetrics } from "../metrics/process-metrics.ts";
import type { ObserverTelemetry } from "../observation/observer-telemetry.ts";
import type { SpanCounts } from "../tracing/tracing.ts";

/** Figures that can be read. */
export interface RuntimeMetrics extends Pick<ProcessMetrics, "telemetry" | "requestAnswered"> {
  /** Counts observers. */
  readonly observers: ObserverTelemetry;
  /** What there is, in the order of the text. */
  readonly heads: readonly MetricHead[];
  /** The text for Prometheus. */
  render(): string;
}

/** Makes the figures, all of them at zero. @param spans Told of the process's spans when they are read. */
export function createRuntimeMetrics(clock: Pick<Clock, "now">, spans?: () => SpanCounts): RuntimeMetrics {
  const shared = createProcessMetrics(clock, spans);
  const observers = new Gauge("yoi_observers", "Observers that are connected to this Runtime.");
  const refusals = new Counter(
    "yoi_observer_ends_total",
    "Observers not let in, or let go, by the problem that they were told.",
    ["code"],
  );
  const all = [...shared.all, observers, refusals];
  return {
    heads: all.map(({ head }) => head),
    telemetry: shared.telemetry,
    requestAnswered: (method, route, status) => shared.requestAnswered(method, route, status),
    observers: {
      joined: () => (observers.value += 1),
      left: () => (observers.value -= 1),
      ended: (code) => refusals.count(code),
    },
    render: () => renderMetrics(all),
  };
}
