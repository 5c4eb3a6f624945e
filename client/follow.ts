/**
 * Following a Worker: its events as an async iterable that outlives its sockets.
 *
 * Owns when an attempt is made and what its end means for the reader. Positions are `stream-position.ts`'s, remedies and
 * waits `link-remedy.ts`'s, as in the console.
 */
import type { ClientCursor } from "../protocol/cursor.ts";
import type { Event } from "../protocol/event.ts";
import { fold } from "../protocol/fold.ts";
import type { ClientFrame } from "../protocol/frame.ts";
import type { WorkerRef } from "../protocol/id.ts";
import { closeCodeOf, ProblemError, problemRow, type ProblemCode } from "../protocol/problem.ts";
import { boundTranscript, emptyTranscript, type Transcript } from "../protocol/transcript.ts";
import { backoffMs, BLOCKED_SOCKETS, remedyFor } from "./link-remedy.ts";
import { openLink } from "./link.ts";
import { createStreamPosition } from "./stream-position.ts";

/** One step of what is followed. */
export type FollowStep =
  /** The Worker published it. A `snapshot` says where the Worker stands and replaces all that came before. */
  | { readonly kind: "event"; readonly event: Event; readonly ts: number; readonly cursor: ClientCursor }
  /** Everything that there is has come. */
  | { readonly kind: "live" }
  /** The server can't hear the Worker since then; it goes on trying. */
  | { readonly kind: "waiting"; readonly problem: string; readonly sinceTs: number }
  /** The link has broken; the next attempt comes after this wait, from where the reader is. */
  | { readonly kind: "lost"; readonly waitMs: number };

/** How to follow. */
export interface FollowOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
  /** Where to go on, from an earlier step; without one the first event is a snapshot. */
  readonly cursor?: ClientCursor;
}

/** What following needs. */
export interface FollowContext {
  readonly ref: WorkerRef;
  /** The socket's address for a position. */
  readonly socketUrl: (cursor: ClientCursor | undefined) => string;
  readonly token: string | undefined;
  readonly WebSocket: typeof WebSocket;
  /** What takes a socket's place, address and all, over plain HTTP. */
  readonly Fallback: typeof WebSocket;
  /** Asks for the Worker: a refused handshake does not say why, an ordinary request does. */
  readonly probe: (signal: AbortSignal) => Promise<unknown>;
}

/** A link that lasts no longer than this does not make the next wait short again. */
const STABLE_MS = 5_000;

/** Statuses that waiting does not change: who one is, and what one may do. */
const REFUSED_STATUSES: ReadonlySet<number> = new Set([401, 403, 421]);

/**
 * The Worker's events, for as long as there is a Worker. The reader's pace is the pace: who takes long misses nothing.
 * Where sockets don't get through although the server answers, they go on over plain HTTP, to the end of this iteration.
 *
 * @throws ProblemError where there is nothing to come back to, e.g. worker_not_found or login_required
 */
export async function* follow(context: FollowContext, options: FollowOptions): AsyncGenerator<FollowStep, void, void> {
  const position = createStreamPosition(context.ref, options.cursor);
  const signal = options.signal ?? new AbortController().signal;
  let failedAttempts = 0;
  let blockedSockets = 0;
  while (!signal.aborted) {
    const waitMs = backoffMs(failedAttempts, Math.random());
    if (waitMs > 0) {
      yield { kind: "lost", waitMs };
      await pause(waitMs, signal);
      if (signal.aborted) return;
    }
    failedAttempts += 1;
    const startedAt = Date.now();
    const resumed = position.cursor !== undefined;
    let status = "";
    let missed: ClientCursor | undefined;
    using link = openLink({
      url: context.socketUrl(position.cursor),
      token: context.token,
      WebSocket: blockedSockets < BLOCKED_SOCKETS ? context.WebSocket : context.Fallback,
      signal,
    });
    reading: while (true) {
      const step = await link.next();
      if (step === null) return;
      if (step.kind === "closed") {
        const isBlocked = !step.gotThrough && (await isAnswered(context, signal));
        if (isBlocked) blockedSockets += 1;
        if (step.code === closeCodeOf("login_required")) throw loginRequired();
        // The close can arrive although the diagnostic before it was lost.
        if (step.code === closeCodeOf("cursor_expired")) position.drop();
        break;
      }
      const { frame } = step;
      if (blockedSockets < BLOCKED_SOCKETS) blockedSockets = 0;
      switch (frame.kind) {
        case "event": {
          const taken = position.take(frame.envelope);
          if (taken.kind !== "event") break;
          // A link that brings something new is worth coming back to soon, however often it breaks.
          if (resumed) failedAttempts = 0;
          const { cursor, ts = Date.now() } = frame.envelope;
          yield { kind: "event", event: taken.event, ts, cursor };
          break;
        }
        case "heartbeat": {
          if (Date.now() - startedAt >= STABLE_MS) failedAttempts = 0;
          // Once may be a newer event that is on its way; the same position twice is one that never came.
          const isBehind = frame.cursor !== position.cursor;
          if (isBehind && missed === frame.cursor) break reading;
          missed = isBehind ? frame.cursor : undefined;
          // What it names is still on its way.
          if (frame.behind !== undefined) break;
          const next = statusOf(frame);
          const key = JSON.stringify(next);
          if (key !== status && !isBehind) yield next;
          if (!isBehind) status = key;
          break;
        }
        case "diagnostic": {
          const remedy = remedyFor(frame.diagnostic);
          if (remedy.kind === "give_up") throw new ProblemError(remedy.problem, frame.diagnostic.message);
          if (remedy.kind === "fresh_snapshot" && position.cursor !== undefined) {
            position.drop();
            failedAttempts = 0;
            break reading;
          }
          break;
        }
      }
    }
  }
}

/** The Worker's transcript, whole after every event. Only the newest entries are kept at hand. */
export async function* followTranscript(steps: AsyncIterable<FollowStep>): AsyncGenerator<Transcript, void, void> {
  let transcript = emptyTranscript();
  for await (const step of steps) {
    if (step.kind !== "event") continue;
    transcript = fold(transcript, step.event, step.ts);
    if (transcript.entries.length > KEPT.maxEntries + SLACK_ENTRIES) transcript = boundTranscript(transcript, KEPT);
    yield transcript;
  }
}

const KEPT = { maxEntries: 20_000, maxChars: 64_000_000 } as const;
/** The bounds are looked at after so many entries too many; adding up their sizes is not free. */
const SLACK_ENTRIES = 500;

function statusOf({ upstream }: Extract<ClientFrame, { kind: "heartbeat" }>): FollowStep {
  if (upstream === undefined) return { kind: "live" };
  return { kind: "waiting", problem: upstream.problem, sinceTs: upstream.since_ts };
}

/** Whether the server has nothing against the reader, though no socket got through. @throws ProblemError where it has, for good */
async function isAnswered({ probe }: FollowContext, signal: AbortSignal): Promise<boolean> {
  try {
    await probe(signal);
    return true;
  } catch (error) {
    if (error instanceof ProblemError && isFinal(error.code, error.detail)) throw error;
    return false;
  }
}

function isFinal(code: ProblemCode, message: string): boolean {
  const { status, retryable } = problemRow(code);
  return (REFUSED_STATUSES.has(status) && !retryable) || remedyFor({ code, message }).kind === "give_up";
}

function loginRequired(): ProblemError {
  return new ProblemError("login_required", "The login with which the socket was opened has ended.");
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
