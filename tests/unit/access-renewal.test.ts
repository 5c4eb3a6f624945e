/** How long a login lasts: from the last visit, for the server as for the browser that keeps its cookie. */
import { Hono } from "hono";
import { expect, test } from "vitest";
import { asProblem } from "../../protocol/problem.ts";
import { SESSION_COOKIE } from "../../protocol/session-cookie.ts";
import { createAccess } from "../../server/access/access.ts";
import { SESSION_IDLE_MS, Sessions } from "../../server/access/sessions.ts";
import { Tries } from "../../server/access/tries.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { createSeededRandom } from "../support/seeded-random.ts";

const DAY_MS = 24 * 3_600_000;

/** Somebody who has logged in, and comes again. */
async function logIn() {
  const clock = new ManualClock();
  const sessions = await Sessions.load({ clock, random: createSeededRandom(1), file: null, mark: "" });
  const access = createAccess({
    token: "an-access-token-of-some-length",
    rules: { hosts: null, origins: new Set() },
    proxies: { peerAddress: () => "203.0.113.7", isTrusted: () => false, userHeader: null },
    sessions,
    tries: new Tries(clock),
    onTry: () => {},
  });
  const app = new Hono()
    .onError((error, context) => context.text(asProblem(error).code, 401))
    .use((context, next) => {
      context.set("base", "/yoi/");
      return next();
    })
    .use(access.guardSite)
    .use(access.requireIdentity)
    .get("/", (context) => context.text("in"));
  const cookie = `${SESSION_COOKIE}=${await sessions.begin()}`;
  const visit = async (more: Readonly<Record<string, string>> = {}) => {
    const headers = { Host: "yoi.example", Cookie: cookie, ...more };
    const response = await app.request("http://yoi.example/", { headers });
    return [await response.text(), response.headers.get("Set-Cookie")];
  };
  const renewed = `${cookie}; Max-Age=${SESSION_IDLE_MS / 1_000}; Path=/yoi/; HttpOnly; SameSite=Lax`;
  return { clock, visit, renewed };
}

test("a login lasts as long as somebody comes, and its cookie with it", async () => {
  const { clock, visit, renewed } = await logIn();
  expect(await visit()).toEqual(["in", null]);
  for (let passedMs = 0; passedMs < 2 * SESSION_IDLE_MS; passedMs += DAY_MS) {
    await clock.advance(DAY_MS);
    expect(await visit()).toEqual(["in", renewed]);
    expect(await visit()).toEqual(["in", null]);
  }
  await clock.advance(SESSION_IDLE_MS);
  expect(await visit()).toEqual(["login_required", null]);
});

test("a socket, with whose answer no cookie comes, leaves it to the next visit to renew a login", async () => {
  const { clock, visit, renewed } = await logIn();
  await clock.advance(DAY_MS);
  expect(await visit({ Upgrade: "websocket" })).toEqual(["in", null]);
  expect(await visit()).toEqual(["in", renewed]);
});
