/** How often one client may ask: buckets over time, who counts as one client, and what is remembered of them. */
import { Hono } from "hono";
import { expect, test } from "vitest";
import { asProblem } from "../../protocol/problem.ts";
import { clientOf } from "../../server/access/client.ts";
import { Buckets, createRates, type RateKind } from "../../server/access/rates.ts";
import type { Identity } from "../../server/access/identity.ts";
import { ManualClock } from "../support/manual-clock.ts";

const bucketsOf = (clock: ManualClock, perMinute: number, maxClients = 10) =>
  new Buckets({ perMinute, clock, maxClients });

test("Buckets.take() gives a minute's worth at once, then one at a time, and says how long to wait", async () => {
  const clock = new ManualClock();
  const buckets = bucketsOf(clock, 6);
  expect([1, 2, 3, 4, 5, 6, 7].map(() => buckets.take("a"))).toEqual([0, 0, 0, 0, 0, 0, 10_000]);
  await clock.advance(9_999);
  expect(buckets.take("a")).toBe(1);
  await clock.advance(1);
  expect([buckets.take("a"), buckets.take("a")]).toEqual([0, 10_000]);
});

test("Buckets.take() saves no more than a minute's worth, and counts each client for itself", async () => {
  const clock = new ManualClock();
  const buckets = bucketsOf(clock, 2);
  buckets.take("a");
  await clock.advance(3_600_000);
  expect([buckets.take("a"), buckets.take("a"), buckets.take("a")]).toEqual([0, 0, 30_000]);
  expect(buckets.take("b")).toBe(0);
});

test("Buckets.take() forgets the client that has asked for nothing for longest, and no other", () => {
  const buckets = bucketsOf(new ManualClock(), 1, 2);
  for (const client of ["a", "b", "a", "c"]) buckets.take(client);
  expect(buckets.clients).toBe(2);
  expect(buckets.take("a")).toBeGreaterThan(0);
  expect(buckets.take("b")).toBe(0);
});

test("Buckets.take() lets a script through that asks every 100 ms, by the default", async () => {
  const clock = new ManualClock();
  const buckets = bucketsOf(clock, 1_200);
  let waitedMs = 0;
  for (let index = 0; index < 3_000; index += 1) {
    waitedMs += buckets.take("script");
    await clock.advance(100);
  }
  expect(waitedMs).toBe(0);
});

test.each<[string, Identity, string, string]>([
  ["an address where nobody is told apart", { kind: "anyone" }, "203.0.113.7", "203.0.113.7"],
  ["an address for programs, which share a token", { kind: "program" }, "203.0.113.7", "203.0.113.7"],
  ["a user", { kind: "user", name: "ada" }, "203.0.113.7", "user:ada"],
  ["a login", { kind: "session", sessionId: "0a", ended: new AbortController().signal }, "203.0.113.7", "session:0a"],
  ["the network of an IPv6 address", { kind: "anyone" }, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["the network of a short one", { kind: "anyone" }, "2001:DB8::1", "2001:db8:0:0"],
  ["the network of a link's own address", { kind: "anyone" }, "fe80::1%eth0", "fe80:0:0:0"],
  ["loopback", { kind: "anyone" }, "::1", "0:0:0:0"],
])("clientOf() takes %s for one client", (_what, identity, address, client) => {
  expect(clientOf(identity, { address })).toBe(client);
});

test("createRates() counts commands and connects apart, leaves reads alone, and tells of each refusal", async () => {
  const limited: RateKind[] = [];
  const rates = createRates({
    limits: { commandsPerMinute: 2, connectsPerMinute: 1 },
    clock: new ManualClock(),
    onLimited: (kind) => limited.push(kind),
  });
  const app = new Hono();
  app.onError((error) => Response.json({ code: asProblem(error).code, waitMs: asProblem(error).retryAfterMs }));
  app.use(async (context, next) => {
    context.set("client", "203.0.113.7");
    await next();
  });
  app.use("/api/*", rates.limitCommands).use("/events", rates.limitConnects);
  app.all("*", (context) => context.text("ok"));
  const ask = async (method: string, path: string) => (await app.request(path, { method })).text();
  for (let index = 0; index < 20; index += 1) expect(await ask("GET", "/api/workers")).toBe("ok");
  expect([await ask("POST", "/api/a"), await ask("PATCH", "/api/b")]).toEqual(["ok", "ok"]);
  expect(await ask("DELETE", "/api/a")).toBe('{"code":"rate_limited","waitMs":30000}');
  expect([await ask("GET", "/events"), await ask("HEAD", "/events")]).toEqual(["ok", ""]);
  expect(await ask("GET", "/events")).toBe('{"code":"rate_limited","waitMs":60000}');
  expect(limited).toEqual(["command", "connect"]);
});

test("createRates() refuses whoever connects while too many are connecting, and nobody once they have", async () => {
  const rates = createRates({
    limits: { commandsPerMinute: 0, connectsPerMinute: 0 },
    clock: new ManualClock(),
    onLimited: () => {},
    maxConnectsUnderWay: 2,
  });
  const answer = Promise.withResolvers<void>();
  const app = new Hono();
  app.onError((error) => Response.json({ code: asProblem(error).code, waitMs: asProblem(error).retryAfterMs }));
  app.use(rates.limitConnects);
  app.get("*", async (context) => {
    await answer.promise;
    return context.text("ok");
  });
  const ask = async () => (await app.request("/events")).text();
  const first = [ask(), ask()];
  expect(await ask()).toBe('{"code":"too_many_viewers","waitMs":1000}');
  answer.resolve();
  expect(await Promise.all(first)).toEqual(["ok", "ok"]);
  expect(await ask()).toBe("ok");
});

test("createRates() refuses nobody where the limit is 0", async () => {
  const rates = createRates({
    limits: { commandsPerMinute: 0, connectsPerMinute: 0 },
    clock: new ManualClock(),
    onLimited: () => {},
  });
  const app = new Hono().use(rates.limitCommands, rates.limitConnects).all("*", (context) => context.text("ok"));
  for (let index = 0; index < 2_000; index += 1) {
    expect((await app.request("/api/a", { method: index % 2 ? "POST" : "GET" })).status).toBe(200);
  }
});
