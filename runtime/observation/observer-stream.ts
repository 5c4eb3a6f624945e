/**
 * One observer of one Worker.
 *
 * Owns the writing of a Worker's stream to a socket: while it drains, and no further. The position is the Runtime's
 * (`runtime.observe`), so a slow observer holds one batch and no queue; what it falls behind by too far becomes a
 * snapshot. Every end but the observer's own is told in a diagnostic and a Close.
 */
import { RuntimeCursor } from "../../protocol/cursor.ts";
import type { WorkerId } from "../../protocol/id.ts";
import { asProblem, closeCodeOf, ProblemError } from "../../protocol/problem.ts";
import { sleep, type Clock } from "../clock.ts";
import { FrameBatch } from "../text-frames.ts";
import type { ObservationStep, Runtime } from "../runtime.ts";
import { encodeDiagnostic, encodeEvent, encodeHeartbeat, encodeSnapshot } from "./encode-frame.ts";
import type { ObservationLimits } from "./limits.ts";
import type { ObserverSocket } from "./observer-socket.ts";

/** What a stream is made of. */
export interface ObserverStreamOptions {
  readonly runtime: Pick<Runtime, "observe">;
  readonly workerId: WorkerId;
  /** The last position that the observer has, unparsed as it came; absent: a snapshot first. */
  readonly cursor?: string;
  readonly wantsHeartbeat: boolean;
  readonly socket: ObserverSocket;
  readonly clock: Clock;
  readonly limits: ObservationLimits;
  /** Told of every failure that nobody expected. */
  readonly onUnexpected: (error: unknown) => void;
  /** Told of the problem that the observer is told; absent: nobody is. */
  readonly onEnd?: (problem: ProblemError) => void;
}

/** A stream under way. It ends with its socket. */
export class ObserverStream {
  readonly #options: ObserverStreamOptions;
  /** What the observer has when all that was written has arrived. */
  #cursor: RuntimeCursor | null = null;
  #isWriting = false;
  #isBeatDue = false;
  #beatTimer: Disposable | null = null;

  constructor(options: ObserverStreamOptions) {
    this.#options = options;
  }

  /** Writes until the socket is closed. Never throws: the socket is told. */
  async run(): Promise<void> {
    const { runtime, workerId, cursor, wantsHeartbeat, socket } = this.#options;
    const { closed: signal } = socket;
    signal.addEventListener("abort", () => this.#beatTimer?.[Symbol.dispose](), { once: true });
    try {
      const position = cursor === undefined ? {} : { cursor: parseCursor(cursor) };
      this.#cursor = position.cursor ?? null;
      if (wantsHeartbeat) this.#beatAfter(0);
      for await (const step of runtime.observe(workerId, { signal, ...position })) {
        this.#isWriting = true;
        await this.#write(step);
        this.#isWriting = false;
        if (this.#isBeatDue) this.#beatAfter(0);
      }
      this.end(new ProblemError("shutting_down", "The Runtime is shutting down; connect again in a moment."));
    } catch (error) {
      if (signal.aborted) return;
      const problem = asProblem(error);
      if (problem.code === "internal") this.#options.onUnexpected(error);
      this.end(problem);
    }
  }

  /** Says why, then closes; does nothing once closed, as where the observer has left by itself. */
  end(problem: ProblemError): void {
    const { socket, onEnd } = this.#options;
    if (socket.closed.aborted) return;
    onEnd?.(problem);
    socket.send(encodeDiagnostic(problem));
    socket.close(closeCodeOf(problem.code), problem.code);
  }

  async #write(step: ObservationStep): Promise<void> {
    const { workerId, socket, limits } = this.#options;
    const events = step.kind === "snapshot" ? [step.event] : step.events;
    const encode = step.kind === "snapshot" ? encodeSnapshot : encodeEvent;
    let texts: string[] = [];
    let chars = 0;
    for (const event of events) {
      const text = encode(workerId, event);
      texts.push(text);
      chars += text.length;
      if (chars < limits.writeChars && event !== events.at(-1)) continue;
      if (socket.bufferedBytes > limits.bufferBytes) await this.#drained();
      socket.sendAll(new FrameBatch(texts));
      this.#cursor = event.cursor;
      texts = [];
      chars = 0;
    }
  }

  /** @throws ProblemError viewer_too_slow; or the signal's reason where the socket was closed */
  async #drained(): Promise<void> {
    const { socket, clock, limits } = this.#options;
    let least = socket.bufferedBytes;
    // Counted by the looks at it: a machine's clock may be set.
    let stalledMs = 0;
    while (socket.bufferedBytes > limits.bufferBytes) {
      await sleep(clock, limits.drainCheckMs, socket.closed);
      stalledMs += limits.drainCheckMs;
      if (socket.bufferedBytes < least) {
        least = socket.bufferedBytes;
        stalledMs = 0;
      } else if (stalledMs > limits.stallTimeoutMs) {
        throw new ProblemError("viewer_too_slow", "The observer took nothing for too long; connect again.");
      }
    }
  }

  #beatAfter(delayMs: number): void {
    const { clock, socket } = this.#options;
    this.#isBeatDue = false;
    if (!socket.closed.aborted) this.#beatTimer = clock.schedule(delayMs, () => this.#beat());
  }

  /** Timers fire between steps: what is not being written then has all been written. */
  #beat(): void {
    const { clock, socket, limits } = this.#options;
    if (this.#isWriting || this.#cursor === null) {
      this.#isBeatDue = true;
      return;
    }
    if (socket.bufferedBytes <= limits.bufferBytes) {
      socket.send(encodeHeartbeat(this.#cursor, clock.now(), limits.heartbeatIntervalMs));
    }
    this.#beatAfter(limits.heartbeatIntervalMs);
  }
}

function parseCursor(cursor: string): RuntimeCursor {
  const parsed = RuntimeCursor.safeParse(cursor);
  if (parsed.success) return parsed.data;
  throw new ProblemError("cursor_malformed", "cursor: it is not one that this Runtime has issued.");
}
