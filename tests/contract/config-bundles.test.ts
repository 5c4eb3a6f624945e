/** Config bundles: their digest, what they may say, and what creating a Worker asks of them. */
import { describe, expect, test } from "vitest";
import type { ConfigBundle } from "../../protocol/config-bundle.ts";
import type { ProfileSelector } from "../../protocol/runtime-api.ts";
import { configBundleDigest } from "../../runtime/config-digest.ts";
import { bundleOf, launchBundle, sealed } from "../support/config-bundle.ts";
import { openRuntimeFixture } from "../support/runtime-fixture.ts";
import { problemCode } from "../support/problem-code.ts";

const DEFAULT: ProfileSelector = { kind: "runtime_default" };
const CODER: ProfileSelector = { kind: "builtin", value: "builtin:coder" };
const QUIET: ProfileSelector = { kind: "named", value: "quiet" };

const second = bundleOf({
  id: "demo-bundle-2",
  revision: "r7",
  created_at: "whenever",
  detail: "unit",
  profiles: [{ selector: CODER, label: "Coder" }, { selector: QUIET }],
  declarations: [{ kind: "capability_grant", name: "read", reference: "capability:read" }],
});

describe("configBundleDigest()", () => {
  test.each<[string, ConfigBundle, string]>([
    ["one profile", bundleOf(), "aa1b29d3f42a38d2af789b3af8d06a61acd9aa41025387001516af1feada2500"],
    ["every kind of line", second, "6a6dbede6f77c0d81d845f6abe345a513607fc73e068c067d61d60707a37bd87"],
    [
      "a launch bundle for builtin:coder",
      launchBundle(CODER),
      "f5cad9120ebabd933adddf61d3758ace58ba0f8f8d9fc86af21c2ba1a9538831",
    ],
    [
      "a launch bundle for runtime_default",
      launchBundle(DEFAULT),
      "ab9231cda7c2b7f0c96b19fe42b96e3fcea598749912b73c6864b9036a9e4756",
    ],
  ])("%s gives the reference's digest", async (_case, bundle, digest) => {
    expect(await configBundleDigest(bundle)).toBe(digest);
  });

  test("the order of profiles and unknown keys do not count, a label does", async () => {
    const digest = await configBundleDigest(second);
    const [coder, quiet] = second.profiles!;
    expect(await configBundleDigest({ ...second, extra: 1, profiles: [quiet!, coder!] })).toBe(digest);
    expect(await configBundleDigest({ ...second, profiles: [coder!, { ...quiet!, label: null }] })).toBe(digest);
    expect(await configBundleDigest({ ...second, profiles: [coder!, { ...quiet!, label: "q" }] })).not.toBe(digest);
  });

  test("lines are sorted by their UTF-8 bytes, not by UTF-16 code units", async () => {
    const profile = (value: string) => ({ selector: { kind: "named" as const, value } });
    const bundle = bundleOf({ profiles: [profile("\u{1f600}"), profile("\uff5e"), profile("a"), profile("ab")] });
    expect(await configBundleDigest(bundle)).toBe("b862d9f75fd3e955e42e8b1ec529f7dbc193ce7a7880afb5f588086e618e2775");
  });
});

describe("storeConfigBundle()", () => {
  const declaration = (kind: string, reference: string) => bundleOf({ declarations: [{ kind, name: "x", reference }] });
  const manyProfiles = Array.from({ length: 1_001 }, () => ({ selector: DEFAULT }));

  test.each<[string, ConfigBundle, string | null]>([
    ["an id of 128 characters", bundleOf({ id: "a".repeat(128) }), null],
    ["an id of 129 characters", bundleOf({ id: "a".repeat(129) }), "invalid_request"],
    ["an id with - _ . and :", bundleOf({ id: "A-_.:9" }), null],
    ["an id that begins with a dot", bundleOf({ id: ".a" }), "invalid_request"],
    ["an id with a space", bundleOf({ id: "a " }), "invalid_request"],
    ["an id like a socket", bundleOf({ id: "a.sock" }), "invalid_request"],
    ["a blank revision", bundleOf({ revision: " " }), "invalid_request"],
    ["a blank workspace", bundleOf({ workspace_id: "" }), "invalid_request"],
    ["a blank date", bundleOf({ created_at: " " }), "invalid_request"],
    ["a date that is none", bundleOf({ created_at: "/runtime-generated" }), null],
    ["a blank source", bundleOf({ source: "\t" }), "invalid_request"],
    ["a blank detail", bundleOf({ detail: "" }), null],
    ["a detail with a control character", bundleOf({ detail: "a\u0007" }), "invalid_request"],
    ["2048 characters outside the BMP", bundleOf({ detail: "\u{1f600}".repeat(2_048) }), null],
    ["2049 characters", bundleOf({ detail: "x".repeat(2_049) }), "invalid_request"],
    ["an absolute path", bundleOf({ revision: "/home" }), "invalid_request"],
    ["a home folder", bundleOf({ workspace_id: "~me" }), "invalid_request"],
    ["a drive", bundleOf({ source: "C:\\x" }), "invalid_request"],
    ["a cache, in capitals", bundleOf({ source: "x.CACHE" }), "invalid_request"],
    ["a run folder", bundleOf({ detail: "var/run/x" }), "invalid_request"],
    [
      "a label with a session path",
      bundleOf({ profiles: [{ selector: DEFAULT, label: "Session_Path" }] }),
      "invalid_request",
    ],
    ["no lists", { metadata: bundleOf().metadata }, null],
    ["too many profiles", bundleOf({ profiles: manyProfiles }), "invalid_request"],
    [
      "a blank selector",
      bundleOf({ profiles: [{ selector: { kind: "named", value: " " } }] }),
      "invalid_profile_selector",
    ],
    [
      "a selector with a path",
      bundleOf({ profiles: [{ selector: { kind: "builtin", value: "/x" } }] }),
      "invalid_profile_selector",
    ],
    ["a secret by its name", declaration("secret_ref", "vault:key@1+a"), null],
    ["a declaration of no kind", declaration("unsupported", "vault:key"), "unsupported_config_declaration"],
    ["a declaration of a new kind", declaration("tool_grant", "tool:key"), "unsupported_config_declaration"],
    ["a declaration with another's prefix", declaration("mount_grant", "vault:key"), "unsupported_config_declaration"],
    ["a declaration with a prefix only", declaration("git_policy", "git:"), "unsupported_config_declaration"],
    ["a reference with a slash", declaration("secret_ref", "vault:a/b"), "invalid_request"],
  ])("%s", async (_case, bundle, code) => {
    await using fixture = await openRuntimeFixture();
    expect(await problemCode(fixture.runtime.storeConfigBundle(await sealed(bundle)))).toBe(code);
    expect((await fixture.runtime.listConfigBundles()).length).toBe(code === null ? 1 : 0);
  });

  test.each([
    ["in capitals", "AA1B29D3F42A38D2AF789B3AF8D06A61ACD9AA41025387001516AF1FEADA2500", "invalid_request"],
    ["too short", "aa1b", "invalid_request"],
    ["another's", "0".repeat(64), "config_bundle_digest_mismatch"],
  ])("a digest that is %s is refused", async (_case, digest, code) => {
    await using fixture = await openRuntimeFixture();
    const bundle = bundleOf();
    const wrong = { ...bundle, metadata: { ...bundle.metadata, digest } };
    expect(await problemCode(fixture.runtime.storeConfigBundle(wrong))).toBe(code);
  });

  test("answers what it keeps; the same id replaces it; past the limit it keeps no more", async () => {
    await using fixture = await openRuntimeFixture({ limits: { runtime: { maxConfigBundles: 2 } } });
    const { runtime } = fixture;
    const { metadata } = await sealed(second);
    const stored = await runtime.storeConfigBundle(await sealed(second));
    expect(stored).toEqual({
      reference: { id: "demo-bundle-2", digest: metadata.digest },
      summary: {
        id: "demo-bundle-2",
        digest: metadata.digest,
        digest_algorithm: "sha256",
        revision: "r7",
        workspace_id: "ws-demo",
        created_at: "whenever",
        provenance: { source: "demo-backend", detail: "unit" },
        profile_count: 2,
        declaration_count: 1,
      },
    });
    await runtime.storeConfigBundle(await sealed(bundleOf()));
    expect(await problemCode(runtime.storeConfigBundle(await sealed(bundleOf({ id: "third" }))))).toBe(
      "too_many_config_bundles",
    );
    await runtime.storeConfigBundle(await sealed(bundleOf({ id: "demo-bundle-2", revision: "r8" })));
    expect((await runtime.listConfigBundles()).map(({ id, revision }) => [id, revision])).toEqual([
      ["demo-bundle", "r1"],
      ["demo-bundle-2", "r8"],
    ]);
    expect(await problemCode(runtime.checkConfigBundle(stored.reference))).toBe("config_bundle_digest_mismatch");
  });

  test("a stopped Runtime takes none", async () => {
    await using fixture = await openRuntimeFixture();
    await fixture.runtime[Symbol.asyncDispose]();
    expect(await problemCode(fixture.runtime.storeConfigBundle(await sealed(bundleOf())))).toBe("runtime_stopped");
  });
});

describe("createWorker() with a config bundle", () => {
  test("keeps the reference, and the selector that was asked for", async () => {
    await using fixture = await openRuntimeFixture();
    const { runtime } = fixture;
    const { reference } = await runtime.storeConfigBundle(await sealed(bundleOf()));
    const worker = await runtime.createWorker({ profile: DEFAULT, configBundle: reference });
    expect(worker).toMatchObject({ worker_id: "worker-00000001", profile: DEFAULT, config_bundle: reference });
    expect(await runtime.diagnostics()).toEqual([]);
  });

  test("a builtin profile that the bundle lists and the Runtime lacks is the default one, aloud, also after a restart", async () => {
    const fixture = await openRuntimeFixture();
    const { runtime, store } = fixture;
    const { reference } = await runtime.storeConfigBundle(await sealed(launchBundle(CODER)));
    const remark = {
      code: "profile_stand_in",
      severity: "warning",
      message: 'There is no profile "builtin:coder" here; the default one stands in for it.',
    };
    for (let i = 0; i < 2; i += 1) {
      const worker = await runtime.createWorker({ profile: CODER, configBundle: reference });
      expect(worker).toMatchObject({ profile: CODER, config_bundle: reference, model: "scripted" });
    }
    expect(await runtime.diagnostics()).toEqual([remark]);
    await using restarted = await openRuntimeFixture({ store });
    expect((await restarted.runtime.listWorkers()).map(({ profile }) => profile)).toEqual([CODER, CODER]);
    expect(await restarted.runtime.checkConfigBundle(reference)).toMatchObject({ reference });
    expect(await restarted.runtime.diagnostics()).toEqual([remark]);
  });

  test.each<[string, { profile?: ProfileSelector; id?: string; digest?: string }, string]>([
    ["a blank id", { id: " " }, "invalid_request"],
    ["a blank digest", { digest: "" }, "invalid_request"],
    ["a malformed id", { id: "a b" }, "invalid_request"],
    ["a malformed digest", { digest: "abc" }, "invalid_request"],
    ["an unknown bundle", { id: "other" }, "config_bundle_missing"],
    ["another digest", { digest: "0".repeat(64) }, "config_bundle_digest_mismatch"],
    [
      "a profile that is not listed",
      { profile: { kind: "builtin", value: "builtin:companion" } },
      "invalid_profile_selector",
    ],
    ["a blank selector", { profile: { kind: "named", value: " " } }, "invalid_profile_selector"],
    ["a listed name that the Runtime lacks", { profile: QUIET }, "unsupported"],
  ])("%s makes nothing", async (_case, { profile = CODER, ...changes }, code) => {
    await using fixture = await openRuntimeFixture();
    const { runtime } = fixture;
    const { reference } = await runtime.storeConfigBundle(await sealed(second));
    const request = { profile, configBundle: { ...reference, ...changes } };
    expect(await problemCode(runtime.createWorker(request))).toBe(code);
    expect(await runtime.listWorkers()).toEqual([]);
    expect(await runtime.createWorker({ profile: CODER, configBundle: reference })).toMatchObject({
      worker_id: "worker-00000001",
    });
  });

  test("checks in the reference's order", async () => {
    await using fixture = await openRuntimeFixture();
    const { runtime } = fixture;
    const system = { content: " ", kind: "system" } as const;
    const missing = { id: "other", digest: "0".repeat(64) };
    const codes = [
      await problemCode(
        runtime.createWorker({ profile: QUIET, configBundle: { id: "", digest: "" }, initialInput: system }),
      ),
      await problemCode(runtime.createWorker({ profile: QUIET, configBundle: missing, initialInput: system })),
      await problemCode(
        runtime.createWorker({ profile: QUIET, configBundle: missing, initialInput: { content: " " } }),
      ),
      await problemCode(
        runtime.createWorker({ profile: QUIET, configBundle: missing, initialInput: { content: "a" } }),
      ),
    ];
    await runtime[Symbol.asyncDispose]();
    codes.push(await problemCode(runtime.createWorker({ profile: QUIET, configBundle: { id: "", digest: "" } })));
    expect(codes).toEqual([
      "invalid_request",
      "invalid_initial_input_kind",
      "input_empty",
      "config_bundle_missing",
      "runtime_stopped",
    ]);
  });
});
