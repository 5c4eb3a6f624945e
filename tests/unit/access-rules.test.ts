/** Access: the sites that requests come from, limited tries, logins on a full disk, visitors behind proxies. */
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { asProblem, ProblemError } from "../../protocol/problem.ts";
import { systemRandom } from "../../runtime/clock.ts";
import { networkList } from "../../runtime/node-addresses.ts";
import { hostName } from "../../runtime/rest/request-site.ts";
import { createAccess } from "../../server/access/access.ts";
import { checkSite, type SiteRequest } from "../../server/access/same-site.ts";
import { Sessions } from "../../server/access/sessions.ts";
import { DEFAULT_TRY_LIMITS, Tries } from "../../server/access/tries.ts";
import { visitorOf, type ProxyTrust, type Visitor } from "../../server/access/visitor.ts";
import type { KeptFile } from "../../server/kept-file.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { problemCode } from "../support/problem-code.ts";

const REQUEST: SiteRequest = {
  method: "GET",
  path: "/",
  isSocket: false,
  host: "127.0.0.1:8787",
  origin: undefined,
  fetchSite: undefined,
};
const LOOPBACK = { hosts: new Set(["console.example"]), origins: new Set(["https://friend.example"]) };

function codeOf(action: () => void): string | null {
  try {
    action();
    return null;
  } catch (error) {
    return error instanceof ProblemError ? error.code : "other";
  }
}

const site = (change: Partial<SiteRequest>, rules = LOOPBACK) =>
  codeOf(() => checkSite({ ...REQUEST, ...change }, rules));

describe("checkSite()", () => {
  test.each([
    "127.0.0.1:8787",
    "127.8.8.8",
    "localhost",
    "LOCALHOST:3000",
    "yoi.localhost:8787",
    "[::1]:8787",
    "console.example",
    "Console.Example:443",
  ])("lets the name %s in", (host) => {
    expect(site({ host })).toBe(null);
  });

  test.each([
    undefined,
    "",
    "evil.example",
    "evil.example:8787",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "console.example.",
    "localhost/evil",
    "localhost:8787:1",
    "[::1",
    "10.0.0.1",
    "0.0.0.0",
    "xn--localhost-.example",
  ])("refuses the name %s", (host) => {
    expect(site({ host })).toBe("host_refused");
  });

  test("lets every name in where visitors are told apart otherwise, but never none", () => {
    const rules = { hosts: null, origins: LOOPBACK.origins };
    expect(codeOf(() => checkSite({ ...REQUEST, host: "anything.example" }, rules))).toBe(null);
    expect(codeOf(() => checkSite({ ...REQUEST, host: undefined }, rules))).toBe("host_refused");
  });

  const commands: [string, Partial<SiteRequest>][] = [
    ["a post", { method: "POST", path: "/api/companion/messages" }],
    ["a form's post", { method: "POST", path: "/login" }],
    ["a delete", { method: "DELETE", path: "/x" }],
    ["a socket", { isSocket: true, path: "/api/runtimes/a/workers/b/events/ws" }],
    ["a read of the API", { path: "/api/workers" }],
  ];
  test.each(commands)("lets %s in from its own pages, from programs, and from sites on the list", (_name, change) => {
    expect(site(change)).toBe(null);
    expect(site({ ...change, origin: "http://127.0.0.1:8787", fetchSite: "same-origin" })).toBe(null);
    expect(site({ ...change, origin: "https://127.0.0.1:8787" })).toBe(null);
    expect(site({ ...change, fetchSite: "none" })).toBe(null);
    expect(site({ ...change, origin: "https://friend.example", fetchSite: "cross-site" })).toBe(null);
  });

  test.each(commands)("refuses %s from every other site", (_name, change) => {
    for (const origin of [
      "http://evil.example",
      "http://127.0.0.1:9999",
      "http://localhost:8787",
      "null",
      "",
      "file://127.0.0.1:8787",
      "http://127.0.0.1:8787.evil.example",
      "http://friend.example",
    ]) {
      expect([origin, site({ ...change, origin })]).toEqual([origin, "origin_refused"]);
    }
    expect(site({ ...change, fetchSite: "cross-site" })).toBe("origin_refused");
    expect(site({ ...change, fetchSite: "same-site" })).toBe("origin_refused");
  });

  test("knows its own pages where a proxy names the port that goes without saying", () => {
    const command = { method: "POST", path: "/api/companion/messages" };
    const from = (origin: string, host: string) => site({ ...command, origin, host });
    expect(from("https://console.example", "Console.Example:443")).toBe(null);
    expect(from("http://console.example", "console.example:80")).toBe(null);
    expect(from("https://console.example", "console.example")).toBe(null);
    expect(from("http://console.example", "console.example:443")).toBe("origin_refused");
    expect(from("https://console.example", "console.example:80")).toBe("origin_refused");
    expect(from("https://console.example:8443", "console.example:443")).toBe("origin_refused");
  });

  test("lets a link from elsewhere open a page", () => {
    expect(site({ fetchSite: "cross-site", path: "/runtimes/a/workers/b" })).toBe(null);
  });

  test("hostName() reads names and addresses", () => {
    expect(["A.b:1", "[::1]:80", "a b", undefined].map(hostName)).toEqual(["a.b", "[::1]", null, null]);
  });
});

describe("Tries", () => {
  const limits = { ...DEFAULT_TRY_LIMITS, freeTries: 2, firstWaitMs: 1_000, maxWaitMs: 4_000, freeTriesInAll: 8 };

  test("cost nothing at first, then ever more, and waiting is enough", async () => {
    const clock = new ManualClock();
    const tries = new Tries(clock, limits);
    const check = (address = "a") => codeOf(() => tries.check(address));
    const seen: (string | null)[] = [];
    for (const waitMs of [0, 1_000, 2_000, 4_000, 4_000]) {
      tries.failed("a");
      await clock.advance(Math.max(0, waitMs - 1));
      seen.push(check());
      await clock.advance(1);
      expect(check()).toBe(null);
    }
    expect(seen).toEqual([null, "too_many_tries", "too_many_tries", "too_many_tries", "too_many_tries"]);
    expect(check("b")).toBe(null);
    await clock.advance(limits.forgetMs);
    tries.failed("a");
    expect(check()).toBe(null);
  });

  test("cost no longer a wait where the clock is set back meanwhile", async () => {
    const clock = new ManualClock();
    const tries = new Tries(clock, limits);
    for (let index = 0; index < limits.freeTriesInAll; index += 1) tries.failed("a");
    await clock.advance(-limits.forgetMs);
    expect(codeOf(() => tries.check("a"))).toBe("too_many_tries");
    expect(codeOf(() => tries.check("b"))).toBe("too_many_tries");
    await clock.advance(limits.maxWaitMs);
    expect([codeOf(() => tries.check("a")), codeOf(() => tries.check("b"))]).toEqual([null, null]);
  });

  test("that come at the same time count as if one came after the other", async () => {
    const clock = new ManualClock();
    const results: string[] = [];
    const access = createAccess({
      token: "an-access-token-of-some-length",
      rules: { hosts: null, origins: new Set() },
      proxies: { peerAddress: () => "203.0.113.7", isTrusted: () => false, userHeader: null },
      sessions: await Sessions.load({ clock, random: systemRandom, file: null, mark: "" }),
      tries: new Tries(clock, limits),
      onTry: (result) => results.push(result),
    });
    const app = new Hono()
      .onError((error, context) => context.text(asProblem(error).code, 401))
      .use(access.guardSite)
      .use(access.requireIdentity);
    const headers = { Host: "yoi.example", Authorization: "Bearer another-token-of-some-length" };
    await Promise.all(Array.from({ length: 5 }, async () => app.request("http://yoi.example/", { headers })));
    expect(results).toEqual(["refused", "refused", "limited", "limited", "limited"]);
  });

  test("of one program with an old token make nobody else wait, however long it goes on", async () => {
    const clock = new ManualClock();
    const tries = new Tries(clock);
    for (let index = 0; index < 2 * DEFAULT_TRY_LIMITS.freeTriesInAll; index += 1) {
      tries.failed("a");
      expect(codeOf(() => tries.check("b"))).toBe(null);
      await clock.advance(DEFAULT_TRY_LIMITS.maxWaitMs);
      expect(codeOf(() => tries.check("a"))).toBe(null);
    }
  });

  test("are forgotten after the right one", () => {
    const tries = new Tries(new ManualClock(), limits);
    tries.failed("a");
    tries.succeeded("a");
    tries.failed("a");
    expect(codeOf(() => tries.check("a"))).toBe(null);
  });

  test("from ever new addresses are limited too, and cost bounded memory", async () => {
    const clock = new ManualClock();
    const tries = new Tries(clock, { ...limits, maxAddresses: 3 });
    for (let index = 0; index < 8; index += 1) tries.failed(`address ${index}`);
    expect(codeOf(() => tries.check("another"))).toBe("too_many_tries");
    await clock.advance(1_000);
    expect(codeOf(() => tries.check("another"))).toBe(null);
  });
});

describe("Sessions", () => {
  test("that can't be written down let people in, and say so when they are to end", async () => {
    const disk: { text: string | null; isFull: boolean } = { text: null, isFull: false };
    const file: KeptFile = {
      read: async () => disk.text,
      async write(text) {
        if (disk.isFull) throw new Error("no room");
        disk.text = text;
      },
    };
    const load = () => Sessions.load({ clock: new ManualClock(), random: systemRandom, file, mark: "" });
    const sessions = await load();
    const kept = await sessions.begin();
    disk.isFull = true;
    const passing = await sessions.begin();
    expect(await sessions.find(passing)).not.toBe(null);
    expect(await problemCode(sessions.endAll())).toBe("store_failed");
    const found = (among: Sessions) => Promise.all([kept, passing].map((secret) => among.find(secret)));
    expect(await found(sessions)).toEqual([null, null]);
    expect(await found(await load())).toEqual([expect.anything(), null]);
    disk.isFull = false;
    await sessions.endAll();
    expect(await found(await load())).toEqual([null, null]);
  });

  test("that begin at the same time where there is room for one more are kept over a restart", async () => {
    const clock = new ManualClock();
    const ts = clock.now() - 1;
    const older = Array.from({ length: 999 }, (_, index) => ({
      id: index.toString(16).padStart(64, "0"),
      created_ts: ts,
      seen_ts: ts,
    }));
    let kept = JSON.stringify({ version: 1, mark: "", sessions: older });
    const file: KeptFile = { read: async () => kept, write: async (text) => void (kept = text) };
    const load = () => Sessions.load({ clock, random: systemRandom, file, mark: "" });
    const sessions = await load();
    const secrets = await Promise.all([sessions.begin(), sessions.begin(), sessions.begin()]);
    const again = await load();
    for (const secret of secrets) expect(await again.find(secret)).not.toBe(null);
  });
});

describe("visitorOf()", () => {
  const trust = (peer: string | null, userHeader: string | null = "X-User"): ProxyTrust => ({
    peerAddress: () => peer,
    isTrusted: networkList(["127.0.0.1", "10.0.0.0/8", "fd00::/8"]),
    userHeader,
  });

  async function visit(proxies: ProxyTrust, headers: Record<string, string>): Promise<Visitor> {
    const app = new Hono().get("/", (context) => context.json(visitorOf(context, proxies)));
    const response = await app.request("http://yoi.example/", { headers: { Host: "yoi.example", ...headers } });
    return (await response.json()) as Visitor;
  }

  const FORWARDED = {
    "X-Forwarded-For": "6.6.6.6, 203.0.113.9, 10.1.1.1",
    "X-Forwarded-Host": "console.example",
    "X-Forwarded-Proto": "https",
    "X-User": "ada",
  };

  test("believes what a trusted proxy forwards, and only the newest address that is no proxy's", async () => {
    for (const peer of ["10.9.9.9", "::ffff:10.9.9.9", "fd00::7", "127.0.0.1"]) {
      expect(await visit(trust(peer), FORWARDED)).toEqual({
        address: "203.0.113.9",
        host: "console.example",
        isSecure: true,
        user: "ada",
      });
    }
  });

  test("believes nothing of that from anybody else", async () => {
    for (const peer of ["203.0.113.7", "2001:db8::1", null]) {
      expect(await visit(trust(peer), FORWARDED)).toEqual({
        address: peer ?? "unknown",
        host: "yoi.example",
        isSecure: false,
        user: null,
      });
    }
  });

  test("takes an address without the port that some proxies put behind it", async () => {
    const from = async (hops: string) => (await visit(trust("10.0.0.1"), { "X-Forwarded-For": hops })).address;
    expect(await from("203.0.113.9:51234")).toBe("203.0.113.9");
    expect(await from("[2001:db8::9]:51234")).toBe("2001:db8::9");
    expect(await from("[2001:db8::9]")).toBe("2001:db8::9");
    expect(await from("203.0.113.9, 10.1.1.1:443")).toBe("203.0.113.9");
    expect(await from("2001:db8::9")).toBe("2001:db8::9");
  });

  test("takes no user where no header is configured, and no name that is none", async () => {
    expect((await visit(trust("10.0.0.1", null), FORWARDED)).user).toBe(null);
    expect((await visit(trust("10.0.0.1"), { "X-User": "a b" })).user).toBe(null);
    expect((await visit(trust("10.0.0.1"), { "X-User": "x".repeat(201) })).user).toBe(null);
  });

  test("networkList() says what is no network", () => {
    for (const network of ["", "nowhere", "10.0.0.0/33", "10.0.0.0/x", "::1/129", "10.0.0"]) {
      expect(() => networkList([network])).toThrow("no network");
    }
  });
});
