/**
 * Ids that a client makes. `crypto.randomUUID` is missing on plain-http addresses of a local network, so the bytes come
 * from `getRandomValues`, which is there everywhere.
 */
import { SubmissionId } from "../protocol/id.ts";

const ID_BYTES = 16;

/** A fresh submission id, e.g. `s-5f0c…` (32 hex digits). */
export function createSubmissionId(): SubmissionId {
  return SubmissionId.parse(`s-${randomHex()}`);
}

/** 32 hex digits that nobody else has. */
export function randomHex(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
