/**
 * What a check of the kit is, and what it can find.
 *
 * Owns the shape of a check and of its outcome, and the two ways in which a check ends early. A check says what the
 * protocol promises; how requests are made is the scene's matter, and time-outs are the runner's.
 */
import type { QuirkName } from "./quirks.ts";
import type { Subject } from "./subject.ts";

/** What a check found. `notes` name what was tolerated, `because` tells why nothing was judged. */
export type Outcome =
  | { readonly kind: "holds" }
  | { readonly kind: "differs"; readonly notes: readonly string[] }
  | { readonly kind: "fails"; readonly expected: string; readonly came: string }
  | { readonly kind: "skipped"; readonly because: string };

/** What a check has at hand. */
export interface Scene {
  readonly subject: Subject;
  /** Notes a habit of the reference's Runtime that differs from ours and is no fault. */
  readonly tolerate: (quirk: QuirkName) => void;
}

/** What a check needs. */
export interface CheckOptions {
  /** `token`: judged only where one was given; `no token`: only where none was. */
  readonly needs?: "token" | "no token";
  /** How many answers of a Worker it waits for, one after the other; absent: none. */
  readonly answers?: number;
}

/** One promise of the protocol, e.g. `a stopped Worker takes no input`. */
export interface Check {
  readonly name: string;
  readonly options: CheckOptions;
  readonly body: (scene: Scene) => Promise<void>;
}

/** Checks of one topic, run in their order. */
export interface Section {
  readonly name: string;
  readonly checks: readonly Check[];
}

/** Makes a check. Its body ends without an error where the promise holds. */
export function check(name: string, options: CheckOptions, body: Check["body"]): Check {
  return { name, options, body };
}

/** What came is not what the protocol promises. */
export class Mismatch extends Error {
  override readonly name: string = "Mismatch";
  readonly expected: string;
  readonly came: string;

  constructor(expected: string, came: string) {
    super(`expected ${expected}; there came ${came}`);
    this.expected = expected;
    this.came = came;
  }
}

/** Nothing came at all. */
export class Unreachable extends Mismatch {
  override readonly name = "Unreachable";
}

/** The promise can't be judged here. */
export class SkipCheck extends Error {
  override readonly name = "SkipCheck";
}

/** @throws Mismatch unless the condition holds */
export function must(condition: boolean, expected: string, came: () => unknown): asserts condition {
  if (!condition) throw new Mismatch(expected, describe(came()));
}

/** A value in a message: JSON, except for a text. */
function describe(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
}
