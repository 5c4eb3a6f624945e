/**
 * The links of viewers through whatever stands before a running server: does an upgrade pass, do frames come at once, and
 * does a link outlive its silence.
 *
 * Owns what is watched and for how long. The Companion is observed, which changes nothing of it.
 */
import * as z from "zod/mini";
import type { ConnectWebSocket, SocketEnd } from "../../runtime/remote/websocket.ts";
import { parseJson } from "../../runtime/parse-json.ts";
import { EMBEDDED_RUNTIME_NAME } from "../runtimes-file.ts";
import type { Ask } from "./ask.ts";
import { ProblemBody } from "./problem-body.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";
import type { Site } from "./site.ts";

const EVENTS = `api/runtimes/${EMBEDDED_RUNTIME_NAME}/workers/companion/events`;
const FIRST_FRAME_MS = 5_000;
/** The first heartbeat comes at once, and says when the next is due. */
const HEARTBEATS = 2;
const PATIENT_HEARTBEATS = 8;
/** A heartbeat that is late by so much was held back. */
const LATE_MS = 3_000;
/** A server of ours whose heartbeats are rarer is not waited for. */
const INTERVAL_MAX_MS = 60_000;
const STREAM_MAX_MS = 2 * PATIENT_HEARTBEATS * INTERVAL_MAX_MS;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

const PROXIES = "see docs/proxies.md";
const BUFFER_ADVICE = `Turn off buffering for events in the proxy (proxy_buffering in nginx), ${PROXIES}.`;

const Heartbeat = z.object({ kind: z.literal("heartbeat"), interval_ms: z.number() });

/** How links are watched. */
export interface LinkProbes {
  readonly ask: Ask;
  readonly connectWebSocket: ConnectWebSocket;
  readonly now: () => number;
  readonly isPatient: boolean;
  /** How long the first frame may take. */
  readonly firstFrameMaxMs?: number;
  /** How late a heartbeat may be. */
  readonly lateMaxMs?: number;
}

/** Takes note of what comes over a link, and knows when that was enough or is taking too long. */
class Watch implements Disposable {
  readonly #probes: LinkProbes;
  readonly #startedMs: number;
  readonly #over = new AbortController();
  #timer: ReturnType<typeof setTimeout>;
  #frameAfterMs: number | null = null;
  #intervalMs: number | null = null;
  #heartbeats = 0;
  #cutAfterMs: number | null = null;

  constructor(probes: LinkProbes) {
    this.#probes = probes;
    this.#startedMs = probes.now();
    this.#timer = this.#giveUpAfter(this.#firstMaxMs);
  }

  get #firstMaxMs(): number {
    return this.#probes.firstFrameMaxMs ?? FIRST_FRAME_MS;
  }

  get #wanted(): number {
    return this.#probes.isPatient ? PATIENT_HEARTBEATS : HEARTBEATS;
  }

  #giveUpAfter(timeoutMs: number): ReturnType<typeof setTimeout> {
    clearTimeout(this.#timer);
    return setTimeout(() => this.#over.abort(), timeoutMs);
  }

  /** Aborted when nothing more needs to be waited for. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  note(frame: string): void {
    this.#frameAfterMs ??= this.#probes.now() - this.#startedMs;
    const heartbeat = Heartbeat.safeParse(parseJson(frame));
    if (!heartbeat.success) return;
    this.#intervalMs = heartbeat.data.interval_ms;
    this.#heartbeats += 1;
    if (this.#heartbeats >= this.#wanted || this.#intervalMs > INTERVAL_MAX_MS) this.#over.abort();
    else this.#timer = this.#giveUpAfter(this.#intervalMs + (this.#probes.lateMaxMs ?? LATE_MS));
  }

  /** The link ended by itself. */
  cut(): void {
    if (!this.#over.signal.aborted) this.#cutAfterMs = this.#probes.now() - this.#startedMs;
  }

  /** What is to be said of it. */
  judge(subject: string): Finding {
    const [frameAfterMs, intervalMs, cutAfterMs] = [this.#frameAfterMs, this.#intervalMs, this.#cutAfterMs];
    if (cutAfterMs !== null) {
      const half = Math.max(50, Math.floor(cutAfterMs / 2));
      const advice = `Let the proxy keep silent links longer, or set server.heartbeat_interval_ms to ${half} at most, ${PROXIES}.`;
      return fail(subject, `is cut after ${cutAfterMs} ms`, advice);
    }
    if (frameAfterMs === null) return fail(subject, `nothing came within ${this.#firstMaxMs} ms`, BUFFER_ADVICE);
    if (intervalMs === null) return fail(subject, "frames come, and no heartbeat", BUFFER_ADVICE);
    if (this.#heartbeats >= this.#wanted) {
      return ok(subject, `frames come at once (${frameAfterMs} ms), and it outlives ${intervalMs} ms of silence`);
    }
    if (intervalMs > INTERVAL_MAX_MS) {
      const found = `frames come at once (${frameAfterMs} ms); heartbeats are too rare to be waited for`;
      return warn(subject, found, `Let server.heartbeat_interval_ms be at most ${INTERVAL_MAX_MS / 2}.`);
    }
    return fail(
      subject,
      `a heartbeat that was due after ${intervalMs} ms did not come: frames are held back`,
      BUFFER_ADVICE,
    );
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** Watches a socket. */
export async function checkSocket(site: Site, probes: LinkProbes): Promise<Finding[]> {
  using watch = new Watch(probes);
  const { promise, resolve } = Promise.withResolvers<SocketEnd | null>();
  const url = site.socketUrl(`${EVENTS}/ws`);
  url.searchParams.set("heartbeat", "1");
  const headers = { ...site.headers, Origin: site.base.origin };
  let hasOpened = false;
  const socket = probes.connectWebSocket(
    { url, headers, handshakeTimeoutMs: FIRST_FRAME_MS, maxFrameBytes: MAX_FRAME_BYTES },
    {
      onOpen: () => (hasOpened = true),
      onText: (text) => watch.note(text),
      onBinary: () => {},
      onSign: () => {},
      onPart: () => {},
      onEnd: (end) => {
        watch.cut();
        resolve(end);
      },
    },
  );
  watch.over.addEventListener("abort", () => resolve(null), { once: true });
  const end = await promise;
  socket.discard();
  return hasOpened ? [ok("websocket", "the upgrade passes"), watch.judge("websocket")] : [refused(end)];
}

/** Watches a stream of server-sent events, by which viewers come where no socket gets through. */
export async function checkStream(site: Site, probes: LinkProbes): Promise<Finding[]> {
  using watch = new Watch(probes);
  let rest = "";
  const onPiece = (piece: string): void => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data:")) watch.note(line.slice("data:".length));
  };
  const headers = { ...site.headers, Accept: "text/event-stream" };
  const question = { url: site.url(EVENTS), headers, timeoutMs: STREAM_MAX_MS, onPiece, signal: watch.over };
  try {
    const { status } = await probes.ask(question);
    if (status !== 200) return [fail("stream", `is answered with ${status}`, `Let the proxy pass it on, ${PROXIES}.`)];
    watch.cut();
  } catch {
    // Aborted when it was watched for long enough; anything else is a link that broke.
    watch.cut();
  }
  return [watch.judge("stream")];
}

function refused(end: SocketEnd | null): Finding {
  const subject = "websocket";
  const upgrade = `Let the proxy pass on Upgrade and Connection over HTTP/1.1, ${PROXIES}. Until then viewers come by the stream.`;
  if (end?.kind !== "refused") return fail(subject, "the upgrade is not answered as one", upgrade);
  const code = ProblemBody.safeParse(parseJson(end.body)).data?.code ?? null;
  if (code === "websocket_upgrade_required") return fail(subject, "the proxy takes the upgrade away", upgrade);
  if (code === "origin_refused") {
    const advice =
      "Let the proxy pass on the Host and the protocol of the browser, and name it in access.trusted_proxies.";
    return fail(subject, "the server takes the page for another site (origin_refused)", advice);
  }
  if (code !== null)
    return fail(subject, `the server refuses it: ${end.status} (${code})`, "Look that problem up in docs/api.md.");
  return fail(subject, `the proxy refuses the upgrade (${end.status})`, upgrade);
}
