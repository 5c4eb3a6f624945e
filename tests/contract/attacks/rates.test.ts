/** A client that asks too often: what it is told, on both ways in, and that others notice nothing of it. */
import { WebSocket } from "ws";
import { expect, test } from "vitest";
import { createClient } from "../../../client/client.ts";
import { ProblemBody } from "../../../protocol/problem.ts";
import { requestHead, sendRaw, WEBSOCKET_HEADERS } from "../../support/raw-http.ts";
import { allowProcesses } from "../../support/served-workspace.ts";
import { ServerProcess } from "../../support/server-process.ts";
import { within } from "../../support/within.ts";
import { problemOf, WorkspaceClient } from "../../support/workspace-client.ts";

allowProcesses();

const EVENTS = "/api/runtimes/backend-internal/workers/companion/events";
const TOKEN = "an-access-token-of-some-length";
/** Each failure past the free ones doubles the wait: however slow the machine, one of so many comes during a wait. */
const MAX_GUESSES = 12;
const PROXIED = { YOI_TRUSTED_PROXIES: "127.0.0.1", YOI_USER_HEADER: "X-Forwarded-User" };

test("commands and connects past the rate are refused by type, with the wait, per user", async () => {
  const environment = { ...PROXIED, YOI_COMMANDS_PER_MINUTE: "3", YOI_CONNECTS_PER_MINUTE: "2", YOI_DEMO_PACE: "0" };
  await using server = await ServerProcess.start({ environment });
  const client = new WorkspaceClient(server.url);
  const command = (user: string) =>
    client.request("/api/companion/cancel", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Forwarded-User": user },
      body: "{}",
    });
  const statuses: number[] = [];
  for (let index = 0; index < 4; index += 1) statuses.push((await command("ada")).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
  const refused = await command("ada");
  const problem = problemOf(refused);
  expect([problem.code, problem.status]).toEqual(["rate_limited", 429]);
  const waitMs = problem.retry_after_ms ?? 0;
  expect(waitMs).toBeGreaterThan(0);
  expect(waitMs).toBeLessThanOrEqual(20_000);
  expect(refused.headers.get("Retry-After")).toBe(String(Math.ceil(waitMs / 1_000)));
  expect((await command("grace")).status).toBe(200);

  const connect = (path: string, headers: Readonly<Record<string, string>>) =>
    sendRaw(server.port, requestHead("GET", path, { ...headers, "X-Forwarded-User": "ada" }));
  for (const wrong of [{}, {}]) expect((await connect(`${EVENTS}/ws`, wrong)).status).toBe(426);
  for (const [path, headers] of [
    [`${EVENTS}/ws`, WEBSOCKET_HEADERS],
    [EVENTS, {}],
  ] as const) {
    const answer = await connect(path, headers);
    expect([answer.status, ProblemBody.parse(JSON.parse(answer.body)).code]).toEqual([429, "rate_limited"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  const figures = (await client.get("/metrics", { "X-Forwarded-User": "grace" })).text;
  expect(figures).toContain('yoi_rate_limited_total{kind="command"} 2');
  expect(figures).toContain('yoi_rate_limited_total{kind="connect"} 2');
});

test("one client has no more viewers than it may have; another has its own, and a place is free again", async () => {
  await using server = await ServerProcess.start({ environment: { ...PROXIED, YOI_MAX_VIEWERS_PER_CLIENT: "2" } });
  const first = async (user: string) => {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}${EVENTS}/ws`, {
      headers: { "X-Forwarded-User": user },
    });
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    const text = await within(new Promise<unknown>((resolve) => socket.once("message", resolve)), () => "a frame");
    return { socket, closed, kind: (JSON.parse(String(text)) as { kind: string }).kind };
  };
  const kept = [await first("ada"), await first("ada")];
  expect(kept.map(({ kind }) => kind)).toEqual(["event", "event"]);
  const refused = await first("ada");
  expect([refused.kind, await refused.closed]).toEqual(["diagnostic", 4429]);
  const other = await first("grace");
  expect(other.kind).toBe("event");
  kept[0]!.socket.close();
  await kept[0]!.closed;
  const again = await first("ada");
  expect(again.kind).toBe("event");
  for (const { socket } of [kept[1]!, other, again]) socket.terminate();
});

test("guesses from all over one IPv6 network count together, and those of another for themselves", async () => {
  const environment = { YOI_ACCESS_TOKEN: TOKEN, YOI_TRUSTED_PROXIES: "127.0.0.1" };
  await using server = await ServerProcess.start({ environment });
  const guess = async (address: string) => {
    const headers = { Authorization: "Bearer a-wrong-token-of-some-length", "X-Forwarded-For": address };
    return (await new WorkspaceClient(server.url).get("/api/workers", headers)).status;
  };
  const statuses: number[] = [];
  while (!statuses.includes(429) && statuses.length < MAX_GUESSES) {
    statuses.push(await guess(`2001:db8:0:7:${statuses.length}::1`));
  }
  expect([statuses.slice(0, 5), statuses.at(-1)]).toEqual([[401, 401, 401, 401, 401], 429]);
  expect(await guess("2001:db8:0:8::1")).toBe(401);
});

test("whoever guesses the token is told how long to wait", async () => {
  await using server = await ServerProcess.start({ environment: { YOI_ACCESS_TOKEN: TOKEN } });
  const client = new WorkspaceClient(server.url);
  const guess = () => client.get("/api/workers", { Authorization: "Bearer a-wrong-token-of-some-length" });
  let answer = await guess();
  for (let guesses = 1; answer.status === 401 && guesses < MAX_GUESSES; guesses += 1) answer = await guess();
  const { code, retry_after_ms: waitMs = 0 } = problemOf(answer);
  expect(code).toBe("too_many_tries");
  expect(waitMs).toBeGreaterThan(0);
  expect(answer.headers.get("Retry-After")).toBe(String(Math.ceil(waitMs / 1_000)));
  // A wait may have passed by then; then it begins anew, and is longer.
  const program = createClient({ url: server.url, token: "a-wrong-token-of-some-length" });
  const refusal = () =>
    program.listWorkers().then(
      () => null,
      (error: unknown) => error,
    );
  await expect.poll(refusal).toMatchObject({ code: "too_many_tries", retryAfterMs: expect.any(Number) });
});
