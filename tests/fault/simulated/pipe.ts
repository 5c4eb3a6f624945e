/**
 * One direction of a connection, byte by byte.
 *
 * Owns the bytes under way: they arrive in slices of any size, late, or not at all. A frame is there when its last byte is;
 * a cut anywhere before loses it and everything behind it.
 */
import type { Chance } from "./seeded-chance.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** How the bytes travel. */
export interface PipeOptions {
  readonly time: SimulatedTime;
  readonly chance: Chance;
  readonly maxLatencyMs: number;
  /** Longest slice, in bytes; null: whatever there is. */
  readonly maxSliceBytes: number | null;
  /** What the network holds of what was sent, in bytes; the rest waits with the sender. */
  readonly networkBytes: number;
  readonly onFrame: (text: string) => void;
  /** The last byte before a cut has arrived. */
  readonly onCut: () => void;
}

interface FrameUnderWay {
  readonly text: string;
  /** Number of its last byte, counted from the connection's first. */
  readonly end: number;
}

/** Bytes on their way. */
export class Pipe {
  readonly #options: PipeOptions;
  #frames: FrameUnderWay[] = [];
  #sent = 0;
  #arrived = 0;
  #cutAt: number | null = null;
  #isMoving = false;
  /** How many want nothing to arrive. */
  #holds = 0;
  #isEnded = false;
  #atEnd: (() => void) | null = null;

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  /** Bytes that the network has not taken from the sender yet. */
  get bufferedBytes(): number {
    return Math.max(0, this.#sent - this.#arrived - this.#options.networkBytes);
  }

  send(text: string): void {
    if (this.#isEnded || this.#atEnd !== null) return;
    const length = Buffer.byteLength(text);
    this.#sent += headerBytes(length) + length;
    this.#frames.push({ text, end: this.#sent });
    this.#move();
  }

  /** Cuts the connection when so many more bytes have arrived. */
  cutAfter(bytes: number): void {
    this.#cutAt = this.#arrived + bytes;
    if (bytes === 0) this.#cut();
  }

  /** Nothing arrives until whoever held it has released it. */
  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    this.#holds -= 1;
    this.#move();
  }

  /** Nothing is sent any more; `callback` is called when everything has arrived. */
  end(callback: () => void): void {
    if (this.#isEnded || this.#atEnd !== null) return;
    this.#atEnd = callback;
    this.#move();
  }

  /** Nothing arrives any more. */
  drop(): void {
    this.#isEnded = true;
    this.#frames = [];
  }

  #cut(): void {
    if (this.#isEnded) return;
    this.drop();
    this.#options.onCut();
  }

  #move(): void {
    const hasMore = this.#arrived < this.#sent || this.#atEnd !== null;
    if (this.#isMoving || this.#holds > 0 || this.#isEnded || !hasMore) return;
    const { time, chance, maxLatencyMs } = this.#options;
    this.#isMoving = true;
    time.plan(chance.between(0, maxLatencyMs), () => {
      this.#isMoving = false;
      if (this.#holds > 0 || this.#isEnded) return;
      this.#arrive();
      this.#move();
    });
  }

  #arrive(): void {
    const { chance, maxSliceBytes, onFrame } = this.#options;
    const waiting = this.#sent - this.#arrived;
    const slice = maxSliceBytes === null ? waiting : Math.min(waiting, chance.between(1, maxSliceBytes));
    this.#arrived = Math.min(this.#arrived + slice, this.#cutAt ?? Number.POSITIVE_INFINITY);
    while (!this.#isEnded) {
      const frame = this.#frames[0];
      if (frame === undefined || frame.end > this.#arrived) break;
      this.#frames.shift();
      onFrame(frame.text);
    }
    if (this.#cutAt !== null && this.#arrived >= this.#cutAt) return this.#cut();
    if (this.#arrived === this.#sent && this.#atEnd !== null && !this.#isEnded) {
      const callback = this.#atEnd;
      this.drop();
      callback();
    }
  }
}

/** What a WebSocket puts before a text of so many bytes. */
const headerBytes = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);
