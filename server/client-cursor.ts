/**
 * The Backend's cursor.
 *
 * Owns its form: `bo_` + a tag of the Worker + a seal + `.` + the Runtime's cursor. The seal is an HMAC over the Worker's
 * identity and the policy that viewers see it by, under the Backend's secret: it is made once per stream, needs no state,
 * and holds on any replica that shares the secret. So nobody goes on in a stream that is shown to others. The position is
 * not sealed: whoever is shown a stream may be shown all of it.
 */
import { ClientCursor, CURSOR_MAX_CHARS, RuntimeCursor } from "../protocol/cursor.ts";
import type { WorkerRef } from "../protocol/id.ts";
import { ProblemError } from "../protocol/problem.ts";
import { hideInnerWork } from "./hide-inner-work.ts";
import { passThrough, type ObservationPolicy } from "./policy.ts";

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

/** The mints of one Worker's streams, by the policy that shows them. */
export type CursorMints = (policy: ObservationPolicy) => CursorMint;

/** Every policy that viewers may have. */
const POLICIES: readonly ObservationPolicy[] = [passThrough, hideInnerWork];

/** All mints of one Worker, made ahead: a viewer may come to be shown another stream at any moment. */
export async function createCursorMints(secret: Uint8Array<ArrayBuffer>, ref: WorkerRef): Promise<CursorMints> {
  const made = await Promise.all(
    POLICIES.map(async (policy) => [policy, await createCursorMint(secret, ref, policy.name)] as const),
  );
  const mints = new Map(made);
  return (policy) => {
    const mint = mints.get(policy);
    if (mint === undefined) throw new TypeError(`Cannot seal cursors: "${policy.name}" is no policy of this server`);
    return mint;
  };
}

/** The mint of one Worker's stream. `secret` holds at least 16 bytes; `policyName` is empty for what shows everything. */
export async function createCursorMint(
  secret: Uint8Array<ArrayBuffer>,
  ref: WorkerRef,
  policyName = "",
): Promise<CursorMint> {
  const encoder = new TextEncoder();
  const worker = `${PROJECTION_VERSION}\n${ref.runtime_id}\n${ref.worker_id}`;
  const stream = policyName === "" ? worker : `${worker}\n${policyName}`;
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const tag = base64Url(await crypto.subtle.digest("SHA-256", encoder.encode(worker)), TAG_BYTES);
  const seal = base64Url(await crypto.subtle.sign("HMAC", key, encoder.encode(stream)), SEAL_BYTES);
  const prefix = `${PREFIX}${tag}${seal}.`;

  return {
    wrap(cursor) {
      const wrapped = prefix + cursor;
      // why: both parts are of a cursor's alphabet, and this is called for every event; a Runtime's may be too long for it.
      return wrapped.length <= CURSOR_MAX_CHARS ? (wrapped as ClientCursor) : ClientCursor.parse(wrapped);
    },
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
