/**
 * Remarks of a Runtime for its operator.
 *
 * Owns their bound, and that each is made once. What the store has to say of itself is the store's.
 */
import type { WorkerId } from "../protocol/id.ts";
import type { Diagnostic } from "../protocol/problem.ts";

/** Remarks that are kept, and listed together with the store's. */
export const MAX_NOTES = 64;

/** The remarks of one Runtime, in the order in which they were made. */
export class RuntimeNotes {
  readonly #notes: Diagnostic[] = [];

  get list(): readonly Diagnostic[] {
    return this.#notes;
  }

  add(code: string, message: string, severity: Diagnostic["severity"] = "error"): void {
    if (this.#notes.length >= MAX_NOTES || this.#notes.some((known) => known.message === message)) return;
    this.#notes.push({ code, severity, message });
  }

  /** The store refused something of a Worker's, and nobody was there to be told. */
  storeFailed(workerId: WorkerId): void {
    this.add("store_failed", `The store failed to keep up with Worker "${workerId}".`);
  }
}
