/**
 * The server's figures.
 *
 * Owns those of its viewers, its logins and its Runtimes elsewhere; what every process with Workers counts is
 * `runtime/metrics/process-metrics.ts`. `docs/operations.md` has the same list. Labels are words of closed lists; no id, no
 * address and no text of a person ever becomes one.
 */
import type { Clock } from "../../runtime/clock.ts";
import {
  Counter,
  Gauge,
  Histogram,
  METRICS_CONTENT_TYPE,
  renderMetrics,
  type MetricHead,
} from "../../runtime/metrics/metric.ts";
import { createProcessMetrics } from "../../runtime/metrics/process-metrics.ts";
import type { Telemetry } from "../../runtime/telemetry.ts";
import type { SpanCounts } from "../../runtime/tracing/tracing.ts";
import type { RateKind } from "../access/rates.ts";
import type { ObservationLoad } from "../backend.ts";

/** How a try to log in ended. */
export type LoginResult = "accepted" | "refused" | "limited";

/** Figures that can be read. */
export interface Metrics {
  /** Counts what the core reports. */
  readonly telemetry: Telemetry;
  /** What there is, in the order of the text. */
  readonly heads: readonly MetricHead[];
  /** @param route Its pattern, e.g. `/api/runtimes/:runtime_id`. */
  requestAnswered(method: string, route: string, status: number): void;
  loginTried(result: LoginResult): void;
  rateLimited(kind: RateKind): void;
  /** Of the text. */
  readonly contentType: string;
  /** The text for Prometheus. */
  render(load: ObservationLoad): string;
}

const REPLAYED_FRAMES = [0, 1, 10, 100, 1_000, 10_000];
const LAG_FRAMES = [0, 1, 10, 100, 1_000, 10_000];
const RESUMED = "resumed";

/** Makes the figures, all of them at zero. @param spans Told of the process's spans when they are read. */
export function createMetrics(clock: Pick<Clock, "now">, spans?: () => SpanCounts): Metrics {
  const shared = createProcessMetrics(clock, spans);
  const viewers = new Gauge("yoi_viewers", "Viewers that are connected.");
  const observedWorkers = new Gauge("yoi_observed_workers", "Workers whose streams are kept for viewers.");
  const maxLag = new Gauge("yoi_viewer_lag_frames_max", "Frames that the slowest viewer is behind.");
  const lag = new Histogram(
    "yoi_viewer_lag_frames",
    "Frames that each viewer is behind, taken anew whenever the figures are read.",
    LAG_FRAMES,
  );
  const joins = new Counter("yoi_viewer_joins_total", "Viewers let in, by how they began.", ["kind"]);
  const refusals = new Counter("yoi_viewer_refusals_total", "Viewers not let in, by the problem.", ["code"]);
  const resumes = new Counter(
    "yoi_viewer_resumes_total",
    "Viewers that came back with a cursor: resumed, or the problem that kept them from it.",
    ["result"],
  );
  const replayed = new Histogram(
    "yoi_viewer_replayed_frames",
    "Frames that a viewer which came back had missed.",
    REPLAYED_FRAMES,
  );
  const fellBehind = new Counter("yoi_viewer_fell_behind_total", "Snapshots for viewers that were too slow.");
  const gaps = new Counter("yoi_viewer_gaps_total", "Frames sent out of turn; anything but 0 is a fault.");
  const upstreamLosses = new Counter(
    "yoi_upstream_losses_total",
    "How often a Runtime elsewhere was lost while it was observed, by the problem.",
    ["code"],
  );
  const logins = new Counter("yoi_logins_total", "Tries to log in, by how they ended.", ["result"]);
  const limited = new Counter("yoi_rate_limited_total", "What was refused since one client asked too often.", ["kind"]);
  const all = [
    ...shared.all,
    viewers,
    observedWorkers,
    maxLag,
    lag,
    joins,
    refusals,
    resumes,
    replayed,
    fellBehind,
    gaps,
    upstreamLosses,
    logins,
    limited,
  ];

  return {
    heads: all.map(({ head }) => head),
    telemetry: {
      ...shared.telemetry,
      viewerJoined(kind, replayedFrames) {
        joins.count(kind);
        if (kind !== "resumed") return;
        resumes.count(RESUMED);
        replayed.observe(replayedFrames);
      },
      viewerRefused(code, hadCursor) {
        refusals.count(code);
        if (hadCursor) resumes.count(code);
      },
      viewerFellBehind: () => fellBehind.count(),
      gapSeen: () => gaps.count(),
      upstreamLost: (_ref, { code }) => upstreamLosses.count(code),
    },
    requestAnswered: (method, route, status) => shared.requestAnswered(method, route, status),
    contentType: METRICS_CONTENT_TYPE,
    loginTried: (result) => logins.count(result),
    rateLimited: (kind) => limited.count(kind),
    render({ observedWorkers: observed, lagFrames }) {
      viewers.value = lagFrames.length;
      observedWorkers.value = observed;
      maxLag.value = lagFrames.reduce((most, frames) => Math.max(most, frames), 0);
      for (const frames of lagFrames) lag.observe(frames);
      return renderMetrics(all);
    },
  };
}
