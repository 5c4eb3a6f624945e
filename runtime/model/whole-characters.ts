/**
 * Text in whole characters.
 *
 * A provider may cut its chunks between the two halves of a surrogate pair. Half a character is no text: encoded as
 * UTF-8 it would be lost. Owns the half that waits for its other one; the chunks' readers use one per kind of part.
 */
import type { ModelPart } from "./model.ts";

/** Collects text and gives it back in parts that never end inside a character. All of it comes out, in order. */
export class WholeCharacters {
  readonly #kind: "text" | "thinking";
  #half = "";

  constructor(kind: "text" | "thinking") {
    this.#kind = kind;
  }

  /** The text so far, as long as there is any, except for a half character at its end. */
  push(text: string): readonly ModelPart[] {
    const whole = this.#half + text;
    const last = whole.charCodeAt(whole.length - 1);
    const endsInHalf = last >= 0xd800 && last <= 0xdbff;
    this.#half = endsInHalf ? whole.slice(-1) : "";
    return this.#parts(endsInHalf ? whole.slice(0, -1) : whole);
  }

  /** What is left when nothing follows: the provider's own half character, as it came. */
  end(): readonly ModelPart[] {
    const rest = this.#half;
    this.#half = "";
    return this.#parts(rest);
  }

  #parts(text: string): readonly ModelPart[] {
    return text === "" ? [] : [{ kind: this.#kind, text }];
  }
}
