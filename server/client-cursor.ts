/**
 * The Backend's cursor.
 *
 * Owns its form: `bo_` + a tag of the Worker + a seal + `.` + the Runtime's cursor. The seal is an HMAC over the Worker's
 * identity and the projection's version under the Backend's secret: it is made once per stream, needs no state, and
 * holds on any replica that shares the secret. The position is not sealed: whoever may see a Worker may see all of it.
 */
import { ClientCursor, RuntimeCursor } from "../protocol/cursor.ts";
import type { WorkerRef } from "../protocol/id.ts";
import { ProblemError } from "../protocol/problem.ts";

const PREFIX = "bo_";
const TAG_BYTES = 3;
const SEAL_BYTES = 12;
const TAG_CHARS = 4;
const SEAL_CHARS = 16;
/** Changes whenever what viewers are shown of a stream changes, so that they start over with a snapshot. */
const PROJECTION_VERSION = 1;

/** Makes and reads the cursors of one Worker's stream. */
export interface CursorMint {
  /** Wraps a Runtime's cursor. */
  wrap(cursor: RuntimeCursor): ClientCursor;
  /**
   * The Runtime's cursor inside a viewer's.
   *
   * @throws ProblemError cursor_malformed, cursor_foreign, cursor_unknown
   */
  unwrap(cursor: string): RuntimeCursor;
}

/** The mint of one Worker's stream. `secret` holds at least 16 bytes. */
export async function createCursorMint(secret: Uint8Array<ArrayBuffer>, ref: WorkerRef): Promise<CursorMint> {
  const identity = new TextEncoder().encode(`${PROJECTION_VERSION}\n${ref.runtime_id}\n${ref.worker_id}`);
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const tag = base64Url(await crypto.subtle.digest("SHA-256", identity), TAG_BYTES);
  const seal = base64Url(await crypto.subtle.sign("HMAC", key, identity), SEAL_BYTES);
  const prefix = `${PREFIX}${tag}${seal}.`;

  return {
    wrap: (cursor) => ClientCursor.parse(prefix + cursor),
    unwrap(cursor) {
      const given = splitCursor(cursor);
      if (given === null)
        throw new ProblemError("cursor_malformed", "cursor: it is not one that this server has issued.");
      if (given.tag !== tag) {
        throw new ProblemError("cursor_foreign", "cursor: it was issued for another Worker; connect without one.");
      }
      if (!isEqual(given.seal, seal)) {
        throw new ProblemError("cursor_unknown", "cursor: this server can't vouch for it; connect without one.");
      }
      return given.inner;
    },
  };
}

function splitCursor(cursor: string): { tag: string; seal: string; inner: RuntimeCursor } | null {
  const outer = ClientCursor.safeParse(cursor);
  const sealEnd = PREFIX.length + TAG_CHARS + SEAL_CHARS;
  if (!outer.success || !cursor.startsWith(PREFIX) || cursor[sealEnd] !== ".") return null;
  const inner = RuntimeCursor.safeParse(cursor.slice(sealEnd + 1));
  if (!inner.success) return null;
  const tagEnd = PREFIX.length + TAG_CHARS;
  return { tag: cursor.slice(PREFIX.length, tagEnd), seal: cursor.slice(tagEnd, sealEnd), inner: inner.data };
}

/** Compares in a time that does not tell where two seals differ. */
function isEqual(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i += 1) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % b.length);
  return difference === 0;
}

function base64Url(bytes: ArrayBuffer, count: number): string {
  const text = String.fromCharCode(...new Uint8Array(bytes, 0, count));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
