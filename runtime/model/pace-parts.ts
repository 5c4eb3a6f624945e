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
  { deltaIntervalMs, deltaMaxChars }: Pace,
  clock: Clock,
): AsyncGenerator<ModelPart, void, undefined> {
  const source = parts[Symbol.asyncIterator]();
  let next: Promise<IteratorResult<ModelPart>> | null = null;
  const held: TextPart[] = [];
  let heldChars = 0;
  let pause = new Pause(clock, 0);
  /** What was held, as one piece, which nothing holds any more. */
  const release = function* (): Generator<ModelPart> {
    const [first] = held;
    if (first === undefined) return;
    const text = held.map((part) => part.text).join("");
    held.length = 0;
    heldChars = 0;
    pause[Symbol.dispose]();
    pause = new Pause(clock, deltaIntervalMs);
    yield { ...first, text };
  };
  try {
    for (;;) {
      next ??= source.next();
      const result: IteratorResult<ModelPart> | "over" =
        held.length === 0 ? await next : await Promise.race([next, pause.over]);
      if (result === "over") {
        yield* release();
        continue;
      }
      next = null;
      if (result.done) break;
      const part: ModelPart = result.value;
      if (held[0]?.kind !== part.kind) yield* release();
      if (!isText(part)) {
        yield part;
        continue;
      }
      held.push(part);
      heldChars += part.text.length;
      if (pause.isOver || heldChars >= deltaMaxChars) yield* release();
    }
    yield* release();
  } catch (error) {
    yield* release();
    throw error;
  } finally {
    pause[Symbol.dispose]();
    // Whoever leaves early does not wait for a piece that nobody will read.
    next?.catch(() => {});
    source.return?.().catch(() => {});
  }
}

/** A while in which text is held. */
class Pause {
  readonly #over = Promise.withResolvers<"over">();
  readonly #timer: Disposable | null;
  isOver: boolean;

  constructor(clock: Clock, lengthMs: number) {
    this.isOver = lengthMs === 0;
    this.#timer = this.isOver
      ? null
      : clock.schedule(lengthMs, () => {
          this.isOver = true;
          this.#over.resolve("over");
        });
  }

  get over(): Promise<"over"> {
    return this.#over.promise;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }
}
