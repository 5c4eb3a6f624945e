/**
 * The one upstream observation of a relay, for as long as the relay lives.
 *
 * Owns when a broken observation is taken up again, from where, and when that is pointless. A Runtime elsewhere is asked
 * ever more seldom while nothing new comes from it. What the steps mean is the relay's matter.
 */
import type { RuntimeCursor } from "../protocol/cursor.ts";
import type { WorkerRef } from "../protocol/id.ts";
import { asProblem, ProblemError } from "../protocol/problem.ts";
import { sleep, type Clock, type Random } from "../runtime/clock.ts";
import type { ObservationStep, Runtime } from "../runtime/runtime.ts";
import type { BackendLimits } from "./limits.ts";

/** What an upstream observation needs of its relay. */
export interface UpstreamOptions {
  readonly ref: WorkerRef;
  readonly runtime: Pick<Runtime, "kind" | "observe">;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Pick<BackendLimits, "upstreamMinBackoffMs" | "upstreamMaxBackoffMs">;
  /** Ends the observation. */
  readonly signal: AbortSignal;
  /** Where to go on; null before the first step. */
  readonly position: () => RuntimeCursor | null;
  readonly take: (step: ObservationStep) => void;
  /** Told what keeps the Runtime away, each time it is asked in vain. */
  readonly noteTrouble: (problem: ProblemError) => void;
}

/**
 * Observes until the signal aborts or going on is pointless.
 *
 * @returns why it is pointless; null after an abort
 */
export async function followUpstream(options: UpstreamOptions): Promise<ProblemError | null> {
  const { runtime, ref, clock, random, limits, signal, position, take, noteTrouble } = options;
  let failures = 0;
  /** Whether the upstream no longer knows the relay's position. */
  let isLost = false;
  while (!signal.aborted) {
    /** When the upstream was heard first; null: not at all. */
    let heardMs: number | null = null;
    try {
      const cursor = isLost ? null : position();
      for await (const step of runtime.observe(ref.worker_id, { ...(cursor === null ? {} : { cursor }), signal })) {
        heardMs ??= clock.now();
        // A snapshot alone is no way forward: a Runtime may send one and break off, again and again.
        if (step.kind === "events" && step.events.length > 0) failures = 0;
        isLost = false;
        take(step);
      }
      if (signal.aborted) return null;
      throw endOf(runtime.kind);
    } catch (error) {
      if (signal.aborted) return null;
      const problem = asProblem(error);
      const isCursorLost: boolean = problem.code.startsWith("cursor_") && !isLost;
      isLost ||= isCursorLost;
      if (!isCursorLost && (position() === null || runtime.kind === "embedded" || isFinal(problem))) return problem;
      if (heardMs !== null && clock.now() - heardMs >= limits.upstreamMaxBackoffMs) failures = 0;
      // A Runtime that was away and says so first of all is back; one that ends a stream so may do it again and again.
      if (isCursorLost && (failures === 0 || heardMs === null)) {
        failures = Math.max(failures, 1);
        continue;
      }
      if (!isCursorLost) noteTrouble(problem);
      const backoffMs = Math.min(limits.upstreamMaxBackoffMs, limits.upstreamMinBackoffMs * 2 ** failures);
      failures += 1;
      const jitter = 0.5 + (random.bytes(1)[0] ?? 0) / 512;
      await sleep(clock, backoffMs * jitter, signal).catch(() => {});
    }
  }
  return null;
}

/** An observation that ended without a word: the embedded Runtime ends with its process, another one may come back. */
function endOf(kind: Runtime["kind"]): ProblemError {
  return kind === "embedded"
    ? new ProblemError("shutting_down", "The server is shutting down; connect again in a moment.")
    : new ProblemError("runtime_unavailable", "The Runtime has ended the observation.");
}

/**
 * Whether a Runtime elsewhere will say the same whenever it is asked; whatever else keeps it away may be put right. One
 * that was observed can be: `unsupported` is the word of who stands in its place then, as a proxy while it restarts.
 */
const isFinal = ({ code }: ProblemError): boolean => code === "worker_not_found";
