/**
 * The config bundles of a Runtime.
 *
 * Owns which bundles there are, how many there may be, and the answers about them. A bundle is kept when its fields obey
 * the rules and its digest is that of its content; the same id replaces what was there.
 */
import type { ConfigBundle, ConfigBundleAvailability, ConfigBundleSummary } from "../protocol/config-bundle.ts";
import { ProblemError } from "../protocol/problem.ts";
import type { ConfigBundleRef, ProfileSelector } from "../protocol/runtime-api.ts";
import { configBundleDigest } from "./config-digest.ts";
import { checkConfigBundleFields, checkConfigBundleRef, checkProfileSelector } from "./config-rules.ts";
import { plainSelector } from "./profile.ts";
import type { RuntimeStore } from "./store/store.ts";

/** The bundles of one Runtime. */
export class ConfigBundles {
  readonly #kept: Map<string, ConfigBundle>;
  readonly #store: Pick<RuntimeStore, "putConfigBundle">;
  readonly #maxBundles: number;

  constructor(options: {
    /** What the store has. */
    readonly kept: readonly ConfigBundle[];
    readonly store: Pick<RuntimeStore, "putConfigBundle">;
    readonly maxBundles: number;
  }) {
    this.#kept = new Map(options.kept.map((bundle) => [bundle.metadata.id, bundle]));
    this.#store = options.store;
    this.#maxBundles = options.maxBundles;
  }

  /** See `Runtime.storeConfigBundle`. */
  async store(bundle: ConfigBundle): Promise<ConfigBundleAvailability> {
    checkConfigBundleFields(bundle);
    const { id, digest } = bundle.metadata;
    if ((await configBundleDigest(bundle)) !== digest) throw mismatch("bundle.metadata.digest", "its content's");
    if (!this.#kept.has(id) && this.#kept.size >= this.#maxBundles) {
      throw new ProblemError(
        "too_many_config_bundles",
        `The Runtime keeps ${this.#kept.size} config bundles, its limit.`,
      );
    }
    const former = this.#kept.get(id);
    const kept = known(bundle);
    this.#kept.set(id, kept);
    try {
      await this.#store.putConfigBundle(kept);
    } catch (error) {
      if (former === undefined) this.#kept.delete(id);
      else this.#kept.set(id, former);
      throw error;
    }
    return availability(bundle);
  }

  /** See `Runtime.listConfigBundles`. */
  list(): readonly ConfigBundleSummary[] {
    return [...this.#kept.values()].map(summarise).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** See `Runtime.checkConfigBundle`. */
  check(reference: ConfigBundleRef): ConfigBundleAvailability {
    return availability(this.#find(reference));
  }

  /**
   * Checks that a stored bundle lists the profile for a new Worker.
   *
   * @throws ProblemError invalid_request, config_bundle_missing, config_bundle_digest_mismatch, invalid_profile_selector
   */
  checkProfile(reference: ConfigBundleRef, profile: ProfileSelector): void {
    const { profiles = [] } = this.#find(reference);
    checkProfileSelector(profile);
    if (!profiles.some(({ selector }) => isSame(selector, profile))) {
      throw new ProblemError("invalid_profile_selector", `profile: config bundle "${reference.id}" does not list it.`);
    }
  }

  #find(reference: ConfigBundleRef): ConfigBundle {
    checkConfigBundleRef(reference);
    const bundle = this.#kept.get(reference.id);
    if (!bundle) {
      throw new ProblemError("config_bundle_missing", `There is no config bundle "${reference.id}".`);
    }
    if (bundle.metadata.digest !== reference.digest) throw mismatch("config_bundle.digest", "the stored bundle's");
    return bundle;
  }
}

/** What of a bundle its digest covers: nobody can say how large or how deep the rest is. */
function known({ metadata, profiles, declarations }: ConfigBundle): ConfigBundle {
  const { id, digest, revision, workspace_id, created_at, provenance } = metadata;
  const { source, detail } = provenance;
  return {
    metadata: { id, digest, revision, workspace_id, created_at, provenance: { source, detail } },
    ...(profiles && {
      profiles: profiles.map(({ selector, label }) => ({ selector: plainSelector(selector), label })),
    }),
    ...(declarations && {
      declarations: declarations.map(({ kind, name, reference }) => ({ kind, name, reference })),
    }),
  };
}

const mismatch = (at: string, whose: string) =>
  new ProblemError("config_bundle_digest_mismatch", `${at}: it is not ${whose}.`);

function isSame(a: ProfileSelector, b: ProfileSelector): boolean {
  if (a.kind === "runtime_default" || b.kind === "runtime_default") return a.kind === b.kind;
  return a.kind === b.kind && a.value === b.value;
}

function availability(bundle: ConfigBundle): ConfigBundleAvailability {
  const { id, digest } = bundle.metadata;
  return { reference: { id, digest }, summary: summarise(bundle) };
}

function summarise({ metadata, profiles = [], declarations = [] }: ConfigBundle): ConfigBundleSummary {
  const { id, digest, revision, workspace_id, created_at, provenance } = metadata;
  return {
    id,
    digest,
    digest_algorithm: "sha256",
    revision,
    workspace_id,
    created_at,
    provenance: {
      source: provenance.source,
      ...(typeof provenance.detail === "string" ? { detail: provenance.detail } : {}),
    },
    profile_count: profiles.length,
    declaration_count: declarations.length,
  };
}
