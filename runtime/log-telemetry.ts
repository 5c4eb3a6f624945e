/**
 * What the core reports, as lines of the log.
 *
 * Owns the words and the levels: what an operator should look at is a warning, what shows that the server works is
 * information, and what happens with every page is for those who look for a fault.
 */
import { stackOf, type Log, type LogFields } from "./log.ts";
import type { EndedRun, StartedRun, Telemetry } from "./telemetry.ts";

/** Ends that are no failure. */
const QUIET_ENDS = new Set(["finished", "limit_reached", "cancelled", "worker_stopped", "interrupted"]);

/** Writes what is reported to a log. */
export function createLogTelemetry(log: Log): Telemetry {
  return {
    runStarted: (run) => log.info("A run started", runFields(run)),
    runEnded(run) {
      if (QUIET_ENDS.has(run.end)) return log.info("A run ended", endFields(run));
      const stack: LogFields = run.end === "internal" && run.problem !== null ? { stack: stackOf(run.problem) } : {};
      log.warning("A run failed", { ...endFields(run), detail: run.problem?.detail ?? null, ...stack });
    },
    providerFailed: (code) => log.debug("An attempt failed at the provider", { code }),
    storeAppended() {},
    storeFailed: (problem) => {
      const { code, detail } = problem;
      log.error("The store failed to keep something", { code, detail, stack: stackOf(problem) });
    },
    viewerJoined: (kind, replayedFrames) => log.debug("A viewer joined", { kind, replayed_frames: replayedFrames }),
    viewerRefused: (code) => log.debug("A viewer was not let in", { code }),
    viewerFellBehind: () => log.info("A viewer was too slow and got a snapshot"),
    gapSeen: () => log.error("A frame was sent out of turn"),
    upstreamLost: ({ runtime_id, worker_id }, { code, detail }) =>
      log.warning("A Runtime can't be observed", { runtime_id, worker_id, code, detail }),
    upstreamBack: ({ runtime_id, worker_id }, awayMs) =>
      log.info("A Runtime can be observed again", { runtime_id, worker_id, away_ms: awayMs }),
  };
}

const runFields = ({ ref, runId }: StartedRun): LogFields => ({
  run_id: runId,
  runtime_id: ref.runtime_id,
  worker_id: ref.worker_id,
});

const endFields = (run: EndedRun): LogFields => ({
  ...runFields(run),
  end: run.end,
  first_token_ms: run.firstTokenMs,
  total_ms: run.totalMs,
});
