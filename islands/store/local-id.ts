/**
 * Ids that this browser makes. `crypto.randomUUID` is missing on plain-http addresses of a local network, so the bytes
 * come from `getRandomValues`, which is there everywhere.
 */
import { ViewerId } from "../../protocol/demo.ts";
import { SubmissionId } from "../../protocol/id.ts";

const ID_BYTES = 16;

/** A fresh submission id, e.g. `s-5f0c…` (32 hex digits). */
export function createSubmissionId(): SubmissionId {
  return SubmissionId.parse(`s-${randomHex()}`);
}

/** A fresh name for a page's socket, e.g. `v-5f0c…` (32 hex digits). */
export function createViewerId(): ViewerId {
  return ViewerId.parse(`v-${randomHex()}`);
}

function randomHex(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
