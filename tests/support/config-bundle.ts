/**
 * Config bundles for tests.
 *
 * Owns the plain bundle of the examples, the one that the reference's Backend makes before it creates a Worker, and
 * their sealing with the right digest.
 */
import type { ConfigBundle, ConfigDeclaration, ConfigProfile } from "../../protocol/config-bundle.ts";
import type { ProfileSelector } from "../../protocol/runtime-api.ts";
import { configBundleDigest } from "../../runtime/config-digest.ts";

interface Fields {
  readonly id?: string;
  readonly revision?: string;
  readonly workspace_id?: string;
  readonly created_at?: string;
  readonly source?: string;
  readonly detail?: string;
  readonly profiles?: ConfigProfile[];
  readonly declarations?: ConfigDeclaration[];
}

/** The example's bundle, with some of its fields changed, and its digest not yet set. */
export function bundleOf(fields: Fields = {}): ConfigBundle {
  const { id = "demo-bundle", revision = "r1", workspace_id = "ws-demo", created_at = "2026-01-02T03:04:05Z" } = fields;
  const { source = "demo-backend", detail, declarations } = fields;
  return {
    metadata: {
      id,
      digest: "",
      revision,
      workspace_id,
      created_at,
      provenance: { source, ...(detail === undefined ? {} : { detail }) },
    },
    profiles: fields.profiles ?? [{ selector: { kind: "runtime_default" } }],
    ...(declarations === undefined ? {} : { declarations }),
  };
}

/** What the reference's Backend stores before it creates a Worker of a profile. */
export function launchBundle(selector: ProfileSelector): ConfigBundle {
  const label = selector.kind === "runtime_default" ? selector.kind : selector.value;
  return bundleOf({
    id: `workspace-runtime-${label.replaceAll(/[:/ ]/g, "-")}`,
    revision: "workspace-runtime-v0",
    workspace_id: "workspace-server",
    created_at: "runtime-generated",
    source: "workspace-server",
    detail: "backend-resolved launch bundle",
    profiles: [{ selector, label }],
  });
}

/** The bundle with the digest of its content. */
export async function sealed(bundle: ConfigBundle): Promise<ConfigBundle> {
  return { ...bundle, metadata: { ...bundle.metadata, digest: await configBundleDigest(bundle) } };
}
