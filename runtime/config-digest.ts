/**
 * The digest of a config bundle.
 *
 * Owns its lines: one per field of the metadata, per profile and per declaration, their parts joined by NUL, sorted by
 * their UTF-8 bytes, each ended by a line feed. So the order of profiles and declarations does not matter, and keys that
 * nobody here knows do not count.
 */
import type { ConfigBundle } from "../protocol/config-bundle.ts";
import type { ProfileSelector } from "../protocol/runtime-api.ts";

const NUL = "\0";

/** The digest that a bundle's content has, whatever its metadata claims: 64 lower-case hex digits. */
export async function configBundleDigest({
  metadata,
  profiles = [],
  declarations = [],
}: ConfigBundle): Promise<string> {
  const { provenance } = metadata;
  const lines = [
    ["id", metadata.id],
    ["revision", metadata.revision],
    ["workspace_id", metadata.workspace_id],
    ["created_at", metadata.created_at],
    ["provenance.source", provenance.source],
    ["provenance.detail", provenance.detail ?? ""],
    ...profiles.map(({ selector, label }) => ["profile", ...selectorParts(selector), label ?? ""]),
    ...declarations.map(({ kind, name, reference }) => ["declaration", kind, name, reference]),
  ];
  const encoder = new TextEncoder();
  const sorted = lines.map((parts) => encoder.encode(`${parts.join(NUL)}\n`)).toSorted(compareBytes);
  const digest = await crypto.subtle.digest("SHA-256", joinBytes(sorted));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function selectorParts(selector: ProfileSelector): string[] {
  return selector.kind === "runtime_default" ? [selector.kind] : [selector.kind, selector.value];
}

/** Without the line feed, which ends every line alike and must not decide between a line and a longer one. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length) - 1;
  for (let i = 0; i < shared; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
