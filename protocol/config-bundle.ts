/**
 * Config bundles: what a Backend stores in a Runtime before it creates Workers there.
 *
 * Owns their shapes and the bounds of their fields. What a field may say, and the digest, are the Runtime's matter
 * (`runtime/config-bundles.ts`). Shapes are loose; the digest covers the keys that are named here and no other.
 */
import * as z from "zod/mini";
import { uint } from "./number.ts";
import { openEnum } from "./open-enum.ts";
import { ConfigBundleRef, ProfileSelector } from "./runtime-api.ts";

/** Longest id of a bundle, in characters. */
export const CONFIG_BUNDLE_ID_MAX_CHARS = 128;

/** Longest text in a field of a bundle, in characters. */
export const CONFIG_TEXT_MAX_CHARS = 2_048;

/** Most profiles, and most declarations, in a bundle. Ours; the reference bounds only the body. */
export const CONFIG_LIST_MAX_ITEMS = 1_000;

export const ConfigProvenance = z.looseObject({ source: z.string(), detail: z.nullish(z.string()) });
export type ConfigProvenance = z.infer<typeof ConfigProvenance>;

export const ConfigBundleMetadata = z.looseObject({
  id: z.string(),
  /** SHA-256 over the bundle's lines, 64 lower-case hex digits. */
  digest: z.string(),
  revision: z.string(),
  workspace_id: z.string(),
  /** Need not be a date: `runtime-generated` is what the reference's Backend writes. */
  created_at: z.string(),
  provenance: ConfigProvenance,
});
export type ConfigBundleMetadata = z.infer<typeof ConfigBundleMetadata>;

/** `{"selector":{"kind":"builtin","value":"builtin:coder"},"label":"Coder"}`. */
export const ConfigProfile = z.looseObject({ selector: ProfileSelector, label: z.nullish(z.string()) });
export type ConfigProfile = z.infer<typeof ConfigProfile>;

/** `{"kind":"capability_grant","name":"read","reference":"capability:read"}`. */
export const ConfigDeclaration = z.looseObject({
  kind: openEnum([
    "secret_ref",
    "mount_grant",
    "network_policy",
    "shell_policy",
    "git_policy",
    "capability_grant",
    "unsupported",
  ]),
  name: z.string(),
  reference: z.string(),
});
export type ConfigDeclaration = z.infer<typeof ConfigDeclaration>;

export const ConfigBundle = z.looseObject({
  metadata: ConfigBundleMetadata,
  profiles: z.optional(z.array(ConfigProfile)),
  declarations: z.optional(z.array(ConfigDeclaration)),
});
export type ConfigBundle = z.infer<typeof ConfigBundle>;

export const ConfigBundleSummary = z.looseObject({
  id: z.string(),
  digest: z.string(),
  digest_algorithm: openEnum(["sha256"]),
  revision: z.string(),
  workspace_id: z.string(),
  created_at: z.string(),
  provenance: ConfigProvenance,
  profile_count: uint,
  declaration_count: uint,
});
export type ConfigBundleSummary = z.infer<typeof ConfigBundleSummary>;

export const ConfigBundleAvailability = z.looseObject({ reference: ConfigBundleRef, summary: ConfigBundleSummary });
export type ConfigBundleAvailability = z.infer<typeof ConfigBundleAvailability>;
