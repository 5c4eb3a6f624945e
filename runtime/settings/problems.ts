/**
 * What is wrong with a configuration: gathered, so that an operator reads all of it at once.
 *
 * Owns the words in which it is said and what is never repeated: of a secret nothing, of an unknown name nothing either,
 * since it may be a secret's name misspelled. Addresses lose what may be a password.
 */
import { ConfigError } from "../settings.ts";
import type { Setting } from "./setting.ts";

const SHOWN_MAX_CHARS = 80;

/** Gathers what is wrong. */
export class Problems {
  readonly #found: string[] = [];

  /** @param problem One line without a full stop, e.g. `YOI_PORT is "x": expected a whole number from 0 to 65535` */
  add(problem: string): void {
    this.#found.push(problem);
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  /** @throws ConfigError that says all of it, one line each, where there is anything */
  throwIfAny(): void {
    const [only] = this.#found;
    if (only === undefined) return;
    if (this.#found.length === 1) throw new ConfigError(`Cannot start: ${only}.`);
    const lines = this.#found.map((problem) => `  ${problem}`);
    throw new ConfigError([`Cannot start: ${this.#found.length} things are wrong.`, ...lines].join("\n"));
  }
}

/** A wrong value, e.g. `YOI_PORT is "many": expected a whole number from 0 to 65535`. */
export function wrongValue(place: string, setting: Pick<Setting<unknown>, "kind">, given: unknown, expected: string) {
  const isHidden = setting.kind === "secret" || setting.kind === "path";
  return isHidden ? `${place}: ${expected}` : `${place} is ${shownValue(given)}: ${expected}`;
}

/** A value in one short line without control characters, and without what an address may hide. */
export function shownValue(value: unknown): string {
  const json = JSON.stringify(value, (_, part: unknown) =>
    typeof part === "string" ? withoutCredentials(part) : part,
  );
  return json.length > SHOWN_MAX_CHARS ? `${json.slice(0, SHOWN_MAX_CHARS)}…` : json;
}

/**
 * An address without user, password, query and fragment; any other text as it is. A password may hold what ends one, by
 * mistake: all before the last `@` goes.
 */
export function withoutCredentials(text: string): string {
  return text.includes(":") ? text.replace(/^([a-z+.-]+:(?:\/\/)?)?.*@/is, "$1…@").replace(/[?#].*$/s, "?…") : text;
}
