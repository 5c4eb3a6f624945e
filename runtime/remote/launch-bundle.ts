/**
 * The config bundle that a Worker is launched with.
 *
 * Owns its content, which is the one that the reference's Backend makes for a profile: a Runtime of either generation
 * creates no Worker without a bundle that lists its profile.
 */
import type { ConfigBundle } from "../../protocol/config-bundle.ts";
import type { ProfileSelector } from "../../protocol/runtime-api.ts";
import { configBundleDigest } from "../config-digest.ts";
import { profileKey } from "../profile.ts";

/** The bundle for a profile, e.g. `workspace-runtime-builtin-coder` for `builtin:coder`. */
export async function launchBundle(profile: ProfileSelector): Promise<ConfigBundle> {
  const label = profileKey(profile);
  const metadata = {
    id: `workspace-runtime-${label.replaceAll(/[:/ ]/g, "-")}`,
    revision: "workspace-runtime-v0",
    workspace_id: "workspace-server",
    created_at: "runtime-generated",
    provenance: { source: "workspace-server", detail: "backend-resolved launch bundle" },
  };
  const profiles = [{ selector: launchProfile(profile), label }];
  const digest = await configBundleDigest({ metadata: { ...metadata, digest: "" }, profiles });
  return { metadata: { ...metadata, digest }, profiles };
}

/** The selector as the reference writes it: a built-in profile with its prefix. */
export function launchProfile(profile: ProfileSelector): ProfileSelector {
  switch (profile.kind) {
    case "runtime_default":
      return { kind: "runtime_default" };
    case "builtin":
      return { kind: "builtin", value: profileKey(profile) };
    case "named":
      return { kind: "named", value: profile.value };
  }
}
