/**
 * The pace at which pieces of an answer become events.
 *
 * Owns one rule: the first piece goes on at once, and so does each that comes after a pause; what follows closely is put
 * together and goes on when the interval is over, when it has become long, or when something else comes. An event costs
 * the same however short its text is, on every hop and for every viewer, and an eye can't follow single pieces. Nothing is
 * held back beyond the interval, whatever ends the answer.
 */
import type { Clock } from "../clock.ts";
import type { ModelPart } from "./model.ts";

/** The pace. */
export interface Pace {
  /** The least time between two events of text, in milliseconds; 0: every piece by itself. */
  readonly deltaIntervalMs: number;
  /** Text that goes on without waiting, in UTF-16 code units. */
  readonly deltaMaxChars: number;
}

type TextPart = Extract<ModelPart, { readonly text: string }>;

const isText = (part: ModelPart): part is TextPart => part.kind === "text" || part.kind === "thinking";

/** The same parts in the same order, with neighbours of one kind put together as the pace asks. */
export function paceParts(parts: AsyncIterable<ModelPart>, pace: Pace, clock: Clock): AsyncIterable<ModelPart> {
  return pace.deltaIntervalMs === 0 ? parts : pacedParts(parts, pace, clock);
}

async function* pacedParts(
  parts: AsyncIterable<ModelPart>,
  pace: Pace,
  clock: Clock,
): AsyncGenerator<ModelPart, void, undefined> {
  using reading = new PacedReading(parts[Symbol.asyncIterator](), pace, clock);
  do {
    await reading.moved();
    for (const part of reading.take()) yield part;
  } while (!reading.isTaken);
  if (reading.failure !== null) throw reading.failure.error;
}

/**
 * Reads while somebody waits, and wakes them only when there is something to go on: a piece that is held costs little more
 * than its reading.
 */
class PacedReading implements Disposable {
  readonly #source: AsyncIterator<ModelPart>;
  readonly #pace: Pace;
  readonly #clock: Clock;
  #held: TextPart[] = [];
  #heldChars = 0;
  #released: ModelPart[] = [];
  /** Runs while text is held; null: text goes on at once. */
  #pause: Disposable | null = null;
  #isReading = false;
  #wake: (() => void) | null = null;
  #isOver = false;
  /** What the answer failed with. */
  failure: { readonly error: unknown } | null = null;

  constructor(source: AsyncIterator<ModelPart>, pace: Pace, clock: Clock) {
    this.#source = source;
    this.#pace = pace;
    this.#clock = clock;
  }

  /** Whether the answer is over and nothing of it is left here. */
  get isTaken(): boolean {
    return this.#isOver && this.#released.length === 0;
  }

  /** Resolves when there is something to take, or the answer is over. */
  moved(): Promise<void> {
    if (this.#released.length > 0 || this.#isOver) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    this.#read();
    return promise;
  }

  /** What goes on, which nothing holds any more. */
  take(): readonly ModelPart[] {
    const released = this.#released;
    this.#released = [];
    return released;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#pause?.[Symbol.dispose]();
    // Whoever leaves early does not wait for a piece that nobody will read.
    this.#source.return?.().catch(() => {});
  }

  #read(): void {
    if (this.#isReading || this.#wake === null) return;
    this.#isReading = true;
    this.#source.next().then(this.#took, this.#failed);
  }

  readonly #took = ({ done, value }: IteratorResult<ModelPart>): void => {
    this.#isReading = false;
    if (this.#isOver) return;
    if (done === true) return this.#end();
    if (this.#held[0]?.kind !== value.kind) this.#release();
    if (!isText(value)) {
      this.#released.push(value);
    } else {
      this.#held.push(value);
      this.#heldChars += value.text.length;
      if (this.#pause === null || this.#heldChars >= this.#pace.deltaMaxChars) this.#release();
    }
    this.#goOn();
  };

  readonly #failed = (error: unknown): void => {
    if (this.#isOver) return;
    this.failure = { error };
    this.#end();
  };

  #end(): void {
    this.#isOver = true;
    this.#release();
    this.#goOn();
  }

  #goOn(): void {
    if (this.#released.length === 0 && !this.#isOver) return this.#read();
    this.#wake?.();
    this.#wake = null;
  }

  /** What is held goes on as one piece. */
  #release(): void {
    const [first] = this.#held;
    if (first === undefined) return;
    this.#released.push({ ...first, text: this.#held.map(({ text }) => text).join("") });
    this.#held = [];
    this.#heldChars = 0;
    this.#pause?.[Symbol.dispose]();
    this.#pause = this.#clock.schedule(this.#pace.deltaIntervalMs, () => {
      this.#pause = null;
      if (this.#held.length === 0) return;
      this.#release();
      this.#goOn();
    });
  }
}
