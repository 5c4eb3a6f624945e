/** Config bundles: their digests, what is stored and what is refused. */
import type { ConfigBundle } from "../../../protocol/config-bundle.ts";
import { launchBundle } from "../../../runtime/remote/launch-bundle.ts";
import { bundleOf, sealed } from "../../support/config-bundle.ts";
import { canonicalJson } from "../../support/same-json.ts";
import { check, must, type Section } from "../check.ts";
import { expectError, expectOk } from "../http.ts";
import { Body } from "../shapes.ts";
import type { Subject } from "../subject.ts";

const ZERO_DIGEST = "0".repeat(64);

const plain = bundleOf();
const rich = bundleOf({
  id: "demo-bundle-2",
  revision: "r7",
  created_at: "whenever",
  detail: "unit",
  profiles: [
    { selector: { kind: "builtin", value: "builtin:coder" }, label: "Coder" },
    { selector: { kind: "named", value: "quiet" } },
  ],
  declarations: [{ kind: "capability_grant", name: "read", reference: "capability:read" }],
});

const withDigest = (bundle: ConfigBundle, digest: string): ConfigBundle => ({
  ...bundle,
  metadata: { ...bundle.metadata, digest },
});

/** Bundles with the digests that they have by the protocol, written out so that our own code is not the measure. */
async function vectors(): Promise<readonly ConfigBundle[]> {
  const coder = await launchBundle({ kind: "builtin", value: "builtin:coder" });
  const usual = await launchBundle({ kind: "runtime_default" });
  return [
    withDigest(plain, "aa1b29d3f42a38d2af789b3af8d06a61acd9aa41025387001516af1feada2500"),
    withDigest(rich, "6a6dbede6f77c0d81d845f6abe345a513607fc73e068c067d61d60707a37bd87"),
    withDigest(coder, "f5cad9120ebabd933adddf61d3758ace58ba0f8f8d9fc86af21c2ba1a9538831"),
    withDigest(usual, "ab9231cda7c2b7f0c96b19fe42b96e3fcea598749912b73c6864b9036a9e4756"),
  ];
}

/** Stores a bundle and compares what is said of it. */
async function stored(subject: Subject, bundle: ConfigBundle): Promise<void> {
  const { id, digest, revision, workspace_id, created_at } = bundle.metadata;
  const { reference, summary } = expectOk(await subject.storeBundle(bundle), Body.availability).availability;
  must(reference.id === id && reference.digest === digest, `the reference of ${id}`, () => reference);
  const wanted = { id, digest, digest_algorithm: "sha256", revision, workspace_id, created_at };
  const counts = { profile_count: bundle.profiles?.length ?? 0, declaration_count: bundle.declarations?.length ?? 0 };
  for (const [key, value] of Object.entries({ ...wanted, ...counts })) {
    must(summary[key] === value, `${key}: ${value}`, () => summary);
  }
}

async function refusedAs(subject: Subject, bundle: ConfigBundle, code: string): Promise<void> {
  expectError(await subject.storeBundle(bundle), 400, code);
}

const availability = (id: string) => ["v1", "config-bundles", id, "availability"];

export const bundleChecks: Section = {
  name: "config bundles",
  checks: [
    check("the digests of the protocol are taken", {}, async ({ subject }) => {
      for (const bundle of await vectors()) await stored(subject, bundle);
    }),
    check("neither the order of lists nor unknown keys count in a digest", {}, async ({ subject }) => {
      const [, vector] = await vectors();
      const { profiles = [] } = rich;
      await stored(subject, { ...rich, ...vector, profiles: profiles.toReversed(), later: { key: 1 } });
    }),
    check("another digest than the content's is refused", {}, async ({ subject }) => {
      await refusedAs(subject, withDigest(plain, ZERO_DIGEST), "config_bundle_digest_mismatch");
    }),
    check("what is stored is listed, sorted", {}, async ({ subject }) => {
      const { id } = await subject.bundle();
      const { bundles } = expectOk(await subject.ask("GET", ["v1", "config-bundles"]), Body.bundles);
      const ids = bundles.map((bundle) => bundle.id);
      must(ids.includes(id), `a list with ${id}`, () => ids);
      const sorted = ids.toSorted((a, b) => (a < b ? -1 : 1));
      must(canonicalJson(ids) === canonicalJson(sorted), "a list sorted by id", () => ids);
    }),
    check("availability tells a stored bundle, a wrong digest and a missing bundle apart", {}, async ({ subject }) => {
      const { id, digest } = await subject.bundle();
      const ask = (name: string, query: Record<string, string>) => subject.ask("GET", availability(name), { query });
      const found = expectOk(await ask(id, { digest }), Body.availability).availability.reference;
      must(found.id === id && found.digest === digest, "the bundle's reference", () => found);
      expectError(await ask(id, { digest: ZERO_DIGEST }), 400, "config_bundle_digest_mismatch");
      expectError(await ask("conformance-nobody", { digest }), 404, "config_bundle_missing");
      expectError(await ask(id, {}), 400, "invalid_query");
    }),
    check("fields against the rules are refused", {}, async ({ subject }) => {
      await refusedAs(subject, await sealed(bundleOf({ id: " demo" })), "invalid_request");
      await refusedAs(subject, await sealed(bundleOf({ revision: " " })), "invalid_request");
      await refusedAs(subject, await sealed(bundleOf({ source: "/etc/passwd" })), "invalid_request");
      await refusedAs(subject, withDigest(plain, "AB"), "invalid_request");
      const blank = bundleOf({ profiles: [{ selector: { kind: "named", value: " " } }] });
      await refusedAs(subject, await sealed(blank), "invalid_profile_selector");
    }),
    check("declarations that are not allowed are refused", {}, async ({ subject }) => {
      const declared = (kind: string, reference: string) =>
        sealed(bundleOf({ declarations: [{ kind, name: "x", reference }] }));
      await refusedAs(subject, await declared("secret_ref", "mount:x"), "unsupported_config_declaration");
      await refusedAs(subject, await declared("unsupported", "x:y"), "unsupported_config_declaration");
    }),
    check("a body that is no bundle is invalid_json", {}, async ({ subject }) => {
      const route = ["v1", "config-bundles"];
      expectError(await subject.ask("POST", route, { body: {} }), 400, "invalid_json");
      expectError(await subject.ask("POST", route, { body: { bundle: { metadata: {} } } }), 400, "invalid_json");
    }),
  ],
};
