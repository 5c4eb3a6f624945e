/** Whom a rule means, and rules that change. */
import { describe, expect, test } from "vitest";
import { VISITOR_PATTERN, type ViewerRules } from "../../protocol/viewer-rules.ts";
import type { Identity } from "../../server/access/identity.ts";
import { ViewerPolicies } from "../../server/access/viewer-policies.ts";
import { isMeant, policyFor } from "../../server/access/viewer-policy.ts";
import { hideInnerWork } from "../../server/hide-inner-work.ts";
import { passThrough } from "../../server/policy.ts";
import { problemCode } from "../support/problem-code.ts";
import type { KeptFile } from "../../server/kept-file.ts";

const user = (name: string): Identity => ({ kind: "user", name });
const anyone: Identity = { kind: "anyone" };
const program: Identity = { kind: "program" };
const login: Identity = { kind: "session", sessionId: "s", ended: new AbortController().signal };

describe("isMeant()", () => {
  test.each<[string, Identity, readonly string[], boolean]>([
    ["nobody by an empty list", user("ada"), [], false],
    ["everybody by *", program, ["*"], true],
    ["a user by name", user("ada"), ["ada"], true],
    ["no other case of a name", user("Ada"), ["ada"], false],
    ["no part of a name", user("adam"), ["ada"], false],
    ["a user by the end of a name", user("eve@guests.example"), ["*@guests.example"], true],
    ["no user of a longer domain", user("eve@guests.example.org"), ["*@guests.example"], false],
    ["a user by the beginning of a name", user("team-a"), ["team-*"], true],
    ["a user by pieces in their order", user("a-b-c"), ["a*b*c"], true],
    ["no user with the pieces in another order", user("a-c-b"), ["a*b*c"], false],
    ["no user whose end is its beginning too", user("aba"), ["ab*ba"], false],
    ["a user by stars alone", user("x"), ["**"], true],
    ["a point as a point", user("axb"), ["a.b"], false],
    ["whom it excepts not", user("ada"), ["*", "!ada"], false],
    ["whom it excepts not, wherever the exception stands", user("ada"), ["!ada", "*"], false],
    ["the others beside an exception", user("bo"), ["*", "!ada"], true],
    ["nobody by an exception alone", user("bo"), ["!ada"], false],
    ["a login by its kind", login, ["@login"], true],
    ["a program by its kind", program, ["@program"], true],
    ["anyone by its kind", anyone, ["@anyone"], true],
    ["a user by its kind", user("ada"), ["@user"], true],
    ["no other kind", login, ["@user", "@program", "@anyone"], false],
    ["no user who calls himself a kind", user("@login"), ["@login"], false],
    ["no login by a name", login, ["a*", "session", "s"], false],
    ["a kind that is excepted not", login, ["*", "!@login"], false],
  ])("means %s", (_name, identity, patterns, isSo) => {
    expect(isMeant(identity, patterns)).toBe(isSo);
    for (const pattern of patterns.filter((text) => text !== "**")) expect(pattern).toMatch(VISITOR_PATTERN);
  });

  test("takes no longer for a pattern of stars", () => {
    const started = performance.now();
    expect(isMeant(user("a".repeat(200)), [`${"*a".repeat(99)}b`])).toBe(false);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("has patterns of a form", () => {
    for (const text of ["", "!", "@", "@everybody", "a b", "日本", "!!ada", "!@", "x".repeat(201)]) {
      expect(VISITOR_PATTERN.test(text), text).toBe(false);
    }
  });
});

const RULES: ViewerRules = { read_only: ["*", "!ada"], hide_inner_work: ["eve"] };

test("policyFor() gives each what the rules leave", () => {
  expect(policyFor(user("ada"), RULES)).toEqual({ observation: passThrough, mayCommand: true });
  expect(policyFor(user("eve"), RULES)).toEqual({ observation: hideInnerWork, mayCommand: false });
});

/** A file in memory; what is written to it waits for `open`. */
class MemoryFile implements KeptFile {
  text: string | null;
  isBroken = false;
  constructor(text: string | null = null) {
    this.text = text;
  }
  async read() {
    return this.text;
  }
  async write(json: string) {
    await Promise.resolve();
    if (this.isBroken) throw new Error("no room");
    this.text = json;
  }
}

const NOTHING: ViewerRules = { read_only: [], hide_inner_work: [] };
const load = (file: KeptFile | null = null, settings: ViewerRules = RULES) =>
  ViewerPolicies.load({ settings, owners: ["ada"], file });

describe("ViewerPolicies", () => {
  test("tells whom a change concerns, in the step in which it holds, and nobody else", async () => {
    const policies = await load();
    const closing = new AbortController();
    const told: string[] = [];
    const follow = (name: string) => {
      const rights = policies.rightsOf(user(name));
      rights.onChange(
        () => told.push(`${name} ${rights.policy.observation.name} ${rights.policy.mayCommand}`),
        closing.signal,
      );
    };
    for (const name of ["ada", "bo", "eve"]) follow(name);
    await policies.change({ read_only: ["*", "!ada"], hide_inner_work: [] });
    expect(told.splice(0)).toEqual(["eve  false"]);
    await policies.change({ read_only: ["ada"], hide_inner_work: ["b*"] });
    expect(told.splice(0)).toEqual(["ada  false", "bo inner-work-hidden-3 true", "eve  true"]);
    await policies.change({ read_only: ["ada"], hide_inner_work: ["bo"] });
    closing.abort();
    await policies.change(NOTHING);
    policies.rightsOf(user("late")).onChange(() => told.push("late"), closing.signal);
    await policies.change(RULES);
    expect(told).toEqual([]);
  });

  test("keeps what was changed, one change after the other", async () => {
    const file = new MemoryFile();
    const policies = await load(file);
    await Promise.all([policies.change(NOTHING), policies.change({ read_only: ["eve"], hide_inner_work: [] })]);
    expect((await load(file)).rules).toEqual({ read_only: ["eve"], hide_inner_work: [] });
    expect((await load(file, NOTHING)).rules).toEqual(NOTHING);
  });

  test("forgets what was changed for good once the settings have said something else", async () => {
    const file = new MemoryFile();
    await (await load(file)).change(NOTHING);
    const other: ViewerRules = { read_only: ["bo"], hide_inner_work: [] };
    expect((await load(file, other)).rules).toEqual(other);
    expect((await load(file)).rules).toEqual(RULES);
  });

  test("takes other settings also where it can't write that down", async () => {
    const file = new MemoryFile();
    await (await load(file)).change({ read_only: ["eve"], hide_inner_work: [] });
    file.isBroken = true;
    expect((await load(file, NOTHING)).rules).toEqual(NOTHING);
  });

  test("changes nothing that it can't keep, and takes the next change", async () => {
    const file = new MemoryFile();
    const policies = await load(file);
    file.isBroken = true;
    expect(await problemCode(() => policies.change(NOTHING))).toBe("store_failed");
    expect(policies.rules).toEqual(RULES);
    file.isBroken = false;
    await policies.change(NOTHING);
    expect(policies.rules).toEqual(NOTHING);
  });

  test.each(["", "{}", '{"version":2}', '{"version":1,"settings":{},"rules":{}}'])(
    "does not start with a file of %j",
    async (text) => {
      await expect(load(new MemoryFile(text))).rejects.toThrow("Cannot start: viewer-rules.json");
    },
  );

  test("knows its owners, whatever the rules say", async () => {
    const policies = await load();
    await policies.change({ read_only: ["*"], hide_inner_work: ["*"] });
    expect([policies.isOwner(user("ada")), policies.isOwner(user("bo")), policies.isOwner(program)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
