/**
 * The frames of one Worker's stream that viewers may still need.
 *
 * Owns their order, their bound and the look-up by cursor. Each frame has a number that never changes; a viewer is such
 * a number. Frames may also be put in front, when a viewer comes back from further than the window reaches.
 */
import type { RuntimeCursor } from "../protocol/cursor.ts";
import { FrameBatch } from "../runtime/text-frames.ts";

/** One encoded frame. `text` is null where the policy withholds the event: its cursor still counts. */
export interface WindowFrame {
  readonly cursor: RuntimeCursor;
  readonly text: string | null;
}

/** Bounds of a window, both of which hold, and of what is written from it at a time. */
export interface WindowLimits {
  readonly windowFrames: number;
  readonly windowChars: number;
  readonly writeChars: number;
}

/** Frames that follow one another, for one write. */
export interface Stretch {
  readonly batch: FrameBatch;
  /** Number of the frame after the last of them. */
  readonly end: number;
  /** The newest position among them that is shown; null: none is. */
  readonly cursor: RuntimeCursor | null;
}

/** A bounded run of frames. */
export class FrameWindow {
  readonly #limits: WindowLimits;
  /** Of all frames before `#indexed`. It catches up when somebody asks: few do, and every frame comes and goes. */
  readonly #numbers = new Map<RuntimeCursor, number>();
  #indexed = 0;
  /** Numbers of the frames that follow cursors without a frame. */
  readonly #following = new Map<RuntimeCursor, number>();
  #frames: WindowFrame[] = [];
  /** Frames at the front that have been let go but not yet cut off. */
  #gone = 0;
  #goneChars = 0;
  #chars = 0;
  /** How many of the frames are withheld from viewers. */
  #withheld = 0;
  /** Number of the frame that comes next. */
  #end = 0;
  /** The position just before the oldest frame. */
  #before: RuntimeCursor;
  /** The newest stretch that was asked for: viewers that stand together ask for the same one. */
  #stretch: (Stretch & { readonly from: number }) | null = null;

  constructor(start: RuntimeCursor, limits: WindowLimits) {
    this.#before = start;
    this.#limits = limits;
  }

  /** Number of the oldest frame. */
  get start(): number {
    return this.#end - this.#size;
  }

  /** Number of the frame that comes next. */
  get end(): number {
    return this.#end;
  }

  /** The position just before the oldest frame. */
  get before(): RuntimeCursor {
    return this.#before;
  }

  get #size(): number {
    return this.#frames.length - this.#gone;
  }

  /** The frame of a number, or undefined where it has been let go or has not come yet. */
  at(number: number): WindowFrame | undefined {
    return number < this.start ? undefined : this.#frames[this.#gone + number - this.start];
  }

  /** What comes from a number on, as much as goes into one write; null where it has been let go or has not come yet. */
  stretchFrom(from: number): Stretch | null {
    if (this.#stretch?.from === from) return this.#stretch;
    const texts: string[] = [];
    let cursor: RuntimeCursor | null = null;
    let chars = 0;
    let end = from;
    for (let frame = this.at(end); frame !== undefined && chars < this.#limits.writeChars; frame = this.at(end)) {
      end += 1;
      if (frame.text === null) continue;
      texts.push(frame.text);
      chars += frame.text.length;
      cursor = frame.cursor;
    }
    if (end === from) return null;
    this.#stretch = { from, batch: new FrameBatch(texts), end, cursor };
    return this.#stretch;
  }

  /** Number of the frame that follows a cursor, or null where the window does not know it. */
  after(cursor: RuntimeCursor): number | null {
    if (cursor === this.#before) return this.start;
    const number = this.numberOf(cursor);
    if (number !== null) return number + 1;
    const following = this.#following.get(cursor);
    return following === undefined || following < this.start ? null : following;
  }

  /** How many frames from a number on are shown to viewers. */
  countShown(from: number): number {
    const first = Math.max(from, this.start);
    let count = this.#end - first;
    for (let number = first; this.#withheld > 0 && number < this.#end; number += 1) {
      if (this.at(number)?.text === null) count -= 1;
    }
    return count;
  }

  /** Number of the frame of a cursor, or null where there is none. */
  numberOf(cursor: RuntimeCursor): number | null {
    this.#index();
    return this.#numbers.get(cursor) ?? null;
  }

  /** Learns which frame follows a cursor that has no frame here, since its event was compacted away. */
  noteFollowing(cursor: RuntimeCursor, number: number): void {
    for (const [known, following] of this.#following) if (following < this.start) this.#following.delete(known);
    if (this.#following.size < this.#limits.windowFrames) this.#following.set(cursor, number);
  }

  push(frame: WindowFrame): void {
    this.#frames.push(frame);
    this.#count(frame, 1);
    this.#end += 1;
    this.#stretch = null;
    this.#letGo();
  }

  /**
   * Puts older frames in front, the last of which is the position that the window began after. As many as fit are kept.
   *
   * @param before The position just before the first of them.
   */
  prepend(frames: readonly WindowFrame[], before: RuntimeCursor): void {
    this.#index();
    const start = this.start;
    this.#frames = [...frames, ...this.#frames.slice(this.#gone)];
    this.#gone = 0;
    this.#goneChars = 0;
    frames.forEach((frame, index) => {
      this.#numbers.set(frame.cursor, start - frames.length + index);
      this.#count(frame, 1);
    });
    this.#before = before;
    this.#letGo();
  }

  #index(): void {
    for (let number = Math.max(this.#indexed, this.start); number < this.#end; number += 1) {
      const frame = this.at(number);
      if (frame !== undefined) this.#numbers.set(frame.cursor, number);
    }
    this.#indexed = this.#end;
  }

  #count({ text }: WindowFrame, sign: 1 | -1): void {
    if (text === null) this.#withheld += sign;
    else this.#chars += sign * text.length;
  }

  #letGo(): void {
    while (this.#size > this.#limits.windowFrames || this.#chars > this.#limits.windowChars) {
      const oldest = this.#frames[this.#gone];
      if (oldest === undefined) return;
      if (this.start < this.#indexed) this.#numbers.delete(oldest.cursor);
      this.#count(oldest, -1);
      this.#goneChars += oldest.text?.length ?? 0;
      this.#before = oldest.cursor;
      this.#gone += 1;
    }
    // Cutting off costs a copy; half a window at a time makes that cost constant per frame.
    const { windowFrames, windowChars } = this.#limits;
    if (this.#gone > windowFrames / 2 || this.#goneChars > windowChars / 2) {
      this.#frames = this.#frames.slice(this.#gone);
      this.#gone = 0;
      this.#goneChars = 0;
    }
  }
}
