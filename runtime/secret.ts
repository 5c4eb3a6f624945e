/**
 * A secret of the configuration.
 *
 * Owns that it shows itself to nobody by accident: whoever prints, logs, joins or serialises it gets a placeholder. Its
 * text is only had by asking for it in so many words, which is done where it is used and nowhere else.
 */
const PLACEHOLDER = "[secret]";

/** A text that is not shown. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return PLACEHOLDER;
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  /** What Node's inspection shows. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return PLACEHOLDER;
  }

  /** What Deno's inspection shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return PLACEHOLDER;
  }
}
