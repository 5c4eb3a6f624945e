/**
 * The server's figures.
 *
 * Owns what is counted, under which names and with which labels; `docs/operations.md` has the same list. Labels are words
 * of closed lists: codes of the problem table, patterns of routes, statuses. No id, no address and no text of a person
 * ever becomes one.
 */
import type { Clock } from "../../runtime/clock.ts";
import type { Telemetry } from "../../runtime/telemetry.ts";
import type { ObservationLoad } from "../backend.ts";
import { Counter, Gauge, Histogram, renderMetrics, type MetricHead } from "./registry.ts";

/** How a try to log in ended. */
export type LoginResult = "accepted" | "refused" | "limited";

/** What a client asked for too often. */
type LimitedKind = "command" | "connect";

/** Figures that can be read. */
export interface Metrics {
  /** Counts what the core reports. */
  readonly telemetry: Telemetry;
  /** What there is, in the order of the text. */
  readonly heads: readonly MetricHead[];
  /** @param route Its pattern, e.g. `/api/runtimes/:runtime_id`. */
  requestAnswered(method: string, route: string, status: number): void;
  loginTried(result: LoginResult): void;
  rateLimited(kind: LimitedKind): void;
  /** The text for Prometheus. */
  render(load: ObservationLoad): string;
}

const METHODS = new Set(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"]);
const ANSWER_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const STORE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const REPLAYED_FRAMES = [0, 1, 10, 100, 1_000, 10_000];
const MS_PER_S = 1_000;

/** Makes the figures, all of them at zero. */
export function createMetrics(clock: Pick<Clock, "now">): Metrics {
  const startTime = new Gauge("process_start_time_seconds", "When the process started, in seconds since 1970.");
  const viewers = new Gauge("yoi_viewers", "Viewers that are connected.");
  const observedWorkers = new Gauge("yoi_observed_workers", "Workers whose streams are kept for viewers.");
  const maxLag = new Gauge("yoi_viewer_lag_frames_max", "Frames that the slowest viewer is behind.");
  const joins = new Counter("yoi_viewer_joins_total", "Viewers let in, by how they began.", ["kind"]);
  const refusals = new Counter("yoi_viewer_refusals_total", "Viewers not let in, by the problem.", ["code"]);
  const replayed = new Histogram(
    "yoi_viewer_replayed_frames",
    "Frames that a viewer which came back had missed.",
    REPLAYED_FRAMES,
  );
  const fellBehind = new Counter("yoi_viewer_fell_behind_total", "Snapshots for viewers that were too slow.");
  const gaps = new Counter("yoi_viewer_gaps_total", "Frames sent out of turn; anything but 0 is a fault.");
  const runsActive = new Gauge("yoi_runs_active", "Runs of the embedded Runtime that are under way.");
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
  const upstreamLosses = new Counter(
    "yoi_upstream_losses_total",
    "How often a Runtime elsewhere was lost while it was observed, by the problem.",
    ["code"],
  );
  const logins = new Counter("yoi_logins_total", "Tries to log in, by how they ended.", ["result"]);
  const limited = new Counter("yoi_rate_limited_total", "What was refused since one client asked too often.", ["kind"]);
  const requests = new Counter("yoi_requests_total", "Requests answered.", ["method", "route", "status"]);
  const all = [
    startTime,
    viewers,
    observedWorkers,
    maxLag,
    joins,
    refusals,
    replayed,
    fellBehind,
    gaps,
    runsActive,
    runs,
    firstToken,
    duration,
    providerErrors,
    storeAppend,
    storeFailures,
    upstreamLosses,
    logins,
    limited,
    requests,
  ];
  startTime.value = clock.now() / MS_PER_S;

  return {
    heads: all.map(({ head }) => head),
    telemetry: {
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
      viewerJoined(kind, replayedFrames) {
        joins.count(kind);
        if (kind === "resumed") replayed.observe(replayedFrames);
      },
      viewerRefused: (code) => refusals.count(code),
      viewerFellBehind: () => fellBehind.count(),
      gapSeen: () => gaps.count(),
      upstreamLost: (_ref, { code }) => upstreamLosses.count(code),
      upstreamBack: () => {},
    },
    requestAnswered: (method, route, status) =>
      requests.count(METHODS.has(method) ? method : "other", route, String(status)),
    loginTried: (result) => logins.count(result),
    rateLimited: (kind) => limited.count(kind),
    render(load) {
      viewers.value = load.viewers;
      observedWorkers.value = load.observedWorkers;
      maxLag.value = load.maxLagFrames;
      return renderMetrics(all);
    },
  };
}
