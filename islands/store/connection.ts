/**
 * The link: one observation socket, kept up for as long as the page lives.
 *
 * Owns when an attempt is made and with which cursor, how a dead link is noticed, and the state that people see. The
 * sockets themselves are partysocket's; its URL function is where this module waits for its turn, so that there is one
 * place that decides. Where sockets don't get through although the server answers, it goes on over plain HTTP, until the
 * page is loaded again. It never sends. It does not know what an event means.
 */
import { computed, createModel, signal } from "@preact/signals";
import type ReconnectingWebSocket from "partysocket/ws";
import { BLOCKED_SOCKETS } from "../../client/link-remedy.ts";
import type { ClientCursor } from "../../protocol/cursor.ts";
import { parseFrame } from "../../client/parse-frame.ts";
import type { ClientFrame, StreamDiagnostic } from "../../protocol/frame.ts";
import { closeCodeOf, isProblemCode } from "../../protocol/problem.ts";
import type { TimerHandle } from "./clock.ts";
import type { ConnectionCounters, ConnectionOptions, SocketClass } from "./connection-options.ts";
import { backoffMs, remedyFor, type LinkState } from "./link-state.ts";

/** How long a handshake may take. A hung one blocks the browser's next one to the same host. */
const HANDSHAKE_TIMEOUT_MS = 8_000;
/** How long an open link may be silent before its first heartbeat has told its pace. */
const FIRST_FRAME_MS = 10_000;
const SILENT_INTERVALS = 2.5;
/** On waking up, what is silent for longer than this is dead. */
const WAKE_INTERVALS = 1.25;
const CLIENT_CLOSE_CODE = 3000;
/** What is still missing is counted anew this often. */
const BEHIND_SHOWN_MS = 100;
/** How the frame of an event begins. One that is written otherwise is read too, only not with others. */
const EVENT_START = '{"kind":"event"';
/** A link that lasts no longer than this does not make the next wait short again. */
const STABLE_MS = 5_000;

export const Connection = createModel((options: ConnectionOptions) => {
  const { clock } = options;
  const state = signal<LinkState>({ kind: "connecting" });
  const counters = signal<ConnectionCounters>({
    opened: 0,
    silent: 0,
    freshSnapshots: 0,
    badFrames: 0,
    lateFrames: 0,
    gaps: 0,
  });
  let socket: ReconnectingWebSocket | undefined;
  /** The socket of the present link, of those that `socket` makes. */
  let present: WebSocket | undefined;
  let failedAttempts = 0;
  /** Between `open` and the end of that link; frames outside are an old socket's. */
  let isOpen = false;
  let lastFrameAt = clock.now();
  let attemptStartedAt = 0;
  let openedAt = 0;
  /** Whether the present attempt went on from a position, rather than asking for a snapshot. */
  let resumed = false;
  let silenceAllowedMs = FIRST_FRAME_MS;
  let heartbeatMs: number | undefined;
  /** How many events are still to come of those that were missed. */
  let behind = 0;
  let behindShownAt = 0;
  let watchdog: TimerHandle | undefined;
  let endWait: (() => void) | undefined;
  let missed: ClientCursor | undefined;
  /** Why the server has ended the newest link, or refuses the next one, as far as it says. */
  let reason: string | undefined;
  let blockedSockets = 0;
  /** Frames that have come and are not read yet. */
  const unread: unknown[] = [];
  /** Whether the present link has brought anything. */
  let isHeard = false;
  /** Set once sockets have been given up. */
  const fallback = signal<SocketClass | undefined>(undefined);

  const count = (name: keyof ConnectionCounters) => {
    counters.value = { ...counters.peek(), [name]: counters.peek()[name] + 1 };
  };

  const showLost = (nextAttemptAt?: number) => {
    const next = nextAttemptAt === undefined ? {} : { nextAttemptAt };
    const why = reason !== undefined && isProblemCode(reason) ? { problem: reason } : {};
    const lost = { staleSince: lastFrameAt, failedAttempts, ...next, ...why };
    if (!options.isOnline()) state.value = { kind: "offline", ...lost };
    else if (counters.peek().opened > 0 || failedAttempts > 0) state.value = { kind: "reconnecting", ...lost };
    else state.value = { kind: "connecting" };
  };

  /** Waits for the turn of the next attempt. Also without a network an attempt is made: the server may be this machine. */
  const takeTurn = async () => {
    const waitMs = backoffMs(failedAttempts, options.random());
    if (waitMs > 0 && state.peek().kind !== "ended") {
      showLost(clock.now() + waitMs);
      await new Promise<void>((resolve) => {
        const timer = clock.setTimeout(resolve, waitMs);
        endWait = () => {
          clock.clearTimeout(timer);
          resolve();
        };
      });
      endWait = undefined;
    }
    if (state.peek().kind !== "ended") showLost();
    attemptStartedAt = clock.now();
    read();
    const cursor = options.cursor();
    resumed = cursor !== undefined;
    return options.url(cursor);
  };

  const watch = (ms = silenceAllowedMs) => {
    clock.clearTimeout(watchdog);
    watchdog = clock.setTimeout(() => {
      // A frame says only when it came: setting a timer anew for each would cost more than reading it.
      const silentMs = clock.now() - lastFrameAt;
      if (silentMs >= 0 && silentMs < silenceAllowedMs) return watch(silenceAllowedMs - silentMs);
      count("silent");
      // One that opens and then brings nothing is as good as none.
      if (!isHeard) void explainRefusal();
      renew();
    }, ms);
  };

  /** Gives up the present link, and makes the next attempt without waiting. */
  const renew = () => {
    failedAttempts = 0;
    present = undefined;
    if (endWait) endWait();
    else socket?.reconnect(CLIENT_CLOSE_CODE, "renewed by the viewer");
  };

  const giveUp = (next: LinkState) => {
    lose();
    state.value = next;
    socket?.close();
    endWait?.();
  };

  const lose = () => {
    read();
    isOpen = isHeard = false;
    present = undefined;
    clock.clearTimeout(watchdog);
  };

  const onDiagnostic = (diagnostic: StreamDiagnostic) => {
    const remedy = remedyFor(diagnostic);
    switch (remedy.kind) {
      case "give_up":
        return giveUp({ kind: "ended", problem: remedy.problem });
      case "fresh_snapshot":
        return askForSnapshot();
      case "retry":
        // The server closes next; that brings the wait.
        return noteReason(diagnostic.problem ?? diagnostic.code);
    }
  };

  const noteReason = (code: string | undefined) => {
    reason = code;
    showLostAgain();
  };

  /** Shows anew what has changed about a link that is lost. */
  const showLostAgain = () => {
    const current = state.peek();
    if (current.kind === "reconnecting" || current.kind === "offline") showLost(current.nextAttemptAt);
  };

  const askForSnapshot = () => {
    // Without a position there is none to drop: then it is an ordinary failure, with its wait.
    if (options.cursor() === undefined) return;
    count("freshSnapshots");
    options.dropCursor();
    lose();
    renew();
  };

  const onHeartbeat = (frame: Extract<ClientFrame, { kind: "heartbeat" }>) => {
    heartbeatMs = frame.interval_ms;
    silenceAllowedMs = Math.max(1_000, frame.interval_ms * SILENT_INTERVALS);
    watch();
    if (clock.now() - openedAt >= STABLE_MS) failedAttempts = 0;
    options.noteReadOnly(frame.read_only === true);
    behind = frame.behind ?? 0;
    if (behind > 0) {
      showBehind();
      return;
    }
    const { upstream } = frame;
    state.value =
      upstream === undefined
        ? { kind: "live" }
        : {
            kind: "waiting",
            problem: isProblemCode(upstream.problem) ? upstream.problem : "runtime_unavailable",
            staleSince: upstream.since_ts,
          };
    if (frame.cursor === options.cursor()) {
      missed = undefined;
      return;
    }
    // Once may be a newer event that is on its way; the same position twice is one that never came.
    if (missed !== frame.cursor) {
      missed = frame.cursor;
      return;
    }
    missed = undefined;
    count("gaps");
    lose();
    renew();
  };

  const showBehind = () => {
    behindShownAt = clock.now();
    state.value = { kind: "catching_up", behind };
  };

  /** Something that was missed has come. Not each is worth a new picture. */
  const countDown = () => {
    if (behind === 0) return;
    behind -= 1;
    if (behind > 0 && clock.now() - behindShownAt >= BEHIND_SHOWN_MS) showBehind();
  };

  const onMessage = ({ data }: MessageEvent) => {
    if (!isOpen) return count("lateFrames");
    lastFrameAt = clock.now();
    blockedSockets = 0;
    isHeard = true;
    unread.push(data);
    // Events are read together: the first one that is read after a pause costs several times what the next does. What
    // is about the link itself has no time to lose.
    if (typeof data === "string" && data.startsWith(EVENT_START)) requestRead();
    else read();
  };

  const read = () => {
    while (unread.length > 0) readFrame(parseFrame(unread.shift()));
  };
  const requestRead = options.scheduler(read);

  const readFrame = (frame: ClientFrame | undefined) => {
    if (frame === undefined) return count("badFrames");
    switch (frame.kind) {
      case "event":
        // A link that brings something new is worth coming back to soon, however often it breaks.
        if (resumed) failedAttempts = 0;
        countDown();
        return options.receive(frame.envelope);
      case "heartbeat":
        return onHeartbeat(frame);
      case "diagnostic":
        return onDiagnostic(frame.diagnostic);
    }
  };

  const onOpen = () => {
    isOpen = true;
    isHeard = false;
    missed = undefined;
    behind = 0;
    reason = undefined;
    openedAt = lastFrameAt = clock.now();
    count("opened");
    state.value = { kind: "catching_up" };
    watch();
  };

  const explainRefusal = async () => {
    const refusal = await options.findRefusal();
    if (isHeard || socket === undefined) return;
    if (typeof refusal === "object") return isOpen ? undefined : onDiagnostic(refusal);
    noteReason(undefined);
    if (refusal === undefined) return;
    blockedSockets += 1;
    if (blockedSockets < BLOCKED_SOCKETS || fallback.peek() !== undefined) return;
    // What can't be loaded now is asked for again after the next failure.
    fallback.value = await options.loadFallback().catch(() => undefined);
    if (fallback.peek() !== undefined && !isOpen && endWait) renew();
  };

  const onClose = (event: { readonly code: number }) => {
    if (state.peek().kind === "ended") return;
    const wasOpen = isOpen;
    lose();
    if (event.code === CLIENT_CLOSE_CODE) return;
    failedAttempts += 1;
    // The close can arrive although the diagnostic before it was lost.
    if (event.code === closeCodeOf("cursor_expired")) options.dropCursor();
    showLost();
    if (!wasOpen) void explainRefusal();
  };

  /** Whether the link deserves trust right now, e.g. when the page is shown again after a sleep. */
  const checkLiveness = () => {
    if (socket === undefined || state.peek().kind === "ended") return;
    if (endWait) return renew();
    const silentMs = clock.now() - (isOpen ? lastFrameAt : attemptStartedAt);
    const allowedMs = isOpen ? (heartbeatMs ?? FIRST_FRAME_MS) * WAKE_INTERVALS : HANDSHAKE_TIMEOUT_MS / 2;
    if (silentMs <= allowedMs) return;
    count("silent");
    lose();
    renew();
  };

  /** partysocket makes each socket with this. */
  const currentSocket = Object.assign(
    function (url: string): WebSocket {
      const made = new (fallback.peek() ?? options.WebSocket)(url);
      present = made;
      // A stream in a socket's place tells of the pieces of a frame, which may be long on its way.
      made.addEventListener("progress", () => {
        if (made === present) lastFrameAt = clock.now();
      });
      // Read here: partysocket would make an event of its own of each, and hand that around.
      made.addEventListener("message", (event) => {
        event.stopImmediatePropagation();
        if (made === present) onMessage(event);
      });
      return made;
    },
    { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 },
  );

  return {
    state: computed(() => state.value),
    counters: computed(() => counters.value),
    /** Whether events come over plain HTTP, since sockets don't get through. */
    isFallback: computed(() => fallback.value !== undefined),

    /** Begins, with the class that keeps sockets up: it is loaded once the page has come alive. */
    start(Socket: typeof ReconnectingWebSocket): void {
      if (socket !== undefined) return;
      attemptStartedAt = clock.now();
      socket = new Socket(takeTurn, undefined, {
        WebSocket: currentSocket,
        maxEnqueuedMessages: 0,
        // `takeTurn` waits instead, so that the wait can be shown and be cut short.
        minReconnectionDelay: 0,
        connectionTimeout: HANDSHAKE_TIMEOUT_MS,
      });
      socket.addEventListener("open", onOpen);
      socket.addEventListener("close", onClose);
    },

    checkLiveness,

    /** Tries again at once, because a person asked for it. */
    reconnectNow(): void {
      if (state.peek().kind === "ended") {
        state.value = { kind: "connecting" };
        failedAttempts = 0;
        socket?.reconnect(CLIENT_CLOSE_CODE, "asked by the viewer");
        return;
      }
      renew();
    },

    /** The browser's word on its network changed. */
    networkChanged(): void {
      if (options.isOnline()) return checkLiveness();
      showLostAgain();
    },

    stop(): void {
      lose();
      endWait?.();
      socket?.close();
      socket = undefined;
    },
  };
});
export type Connection = InstanceType<typeof Connection>;
