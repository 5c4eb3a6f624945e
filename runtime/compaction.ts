/**
 * Which events of a log are repeated by a later one.
 *
 * Owns the one rule: pieces of a text that follow each other may go once the text is whole in its `*_done`, but the first
 * one stays, since it tells when the text began. Whoever folds what is left, from whatever position, comes to the same state; so a log's
 * size follows its text and not the number of tokens. Pure bookkeeping: `event-log.ts` decides when.
 */

/** A text that is whole. */
interface FinishedText {
  /** When it became whole, epoch milliseconds. */
  readonly ts: number;
  /** Positions of its pieces, the first one left out. */
  readonly pieces: readonly number[];
}

const NAME_PATTERN = /^\{"event":"([a-z_]+)"/;

/** Follows a log and knows what may be left out of it. */
export class Compaction {
  #open: { readonly kind: string; readonly pieces: number[] } | null = null;
  #finished: FinishedText[] = [];

  /** Takes the next event of the log, by its JSON text as the log writes it. */
  note({ position, ts, payload }: { readonly position: number; readonly ts: number; readonly payload: string }): void {
    switch (NAME_PATTERN.exec(payload)?.[1]) {
      case "text_delta":
        return this.#piece("text", position);
      case "thinking_delta":
        return this.#piece("thinking", position);
      case "text_done":
        return this.#finish("text", ts, payload);
      case "thinking_done":
        return this.#finish("thinking", ts, payload);
      default:
        // What comes between two pieces may have begun another block.
        this.#open = null;
    }
  }

  /** Positions of the pieces of texts that were whole by `untilTs`; they are not told again. */
  take(untilTs: number): readonly number[] {
    const taken = this.#finished.filter(({ ts }) => ts <= untilTs);
    if (taken.length === 0) return [];
    this.#finished = this.#finished.filter(({ ts }) => ts > untilTs);
    return taken.flatMap(({ pieces }) => pieces);
  }

  #piece(kind: string, position: number): void {
    if (this.#open?.kind === kind) this.#open.pieces.push(position);
    else this.#open = { kind, pieces: [] };
  }

  #finish(kind: string, ts: number, payload: string): void {
    const open = this.#open;
    this.#open = null;
    // One without a text of its own leaves the text to the pieces.
    if (open?.kind !== kind || open.pieces.length === 0 || payload.includes('"text":""')) return;
    this.#finished.push({ ts, pieces: open.pieces });
  }
}
