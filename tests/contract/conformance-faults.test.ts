/** The conformance kit against Runtimes that are wrong: each fault is found by the check that should find it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { KitLimits } from "../conformance/limits.ts";
import { holdClosedPort } from "../support/closed-port.ts";
import { checksThat, failuresOf, judged } from "../support/conformance-run.ts";
import { HostileServer, json } from "../support/hostile-server.ts";
import { RuntimeProcess } from "../support/runtime-process.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { startTampering, type PassingFrame, type Tampering } from "../support/tampering-proxy.ts";

allowProcesses();

let runtime: RuntimeProcess | undefined;
beforeAll(async () => {
  runtime = new RuntimeProcess();
  await runtime.url();
});
afterAll(async () => {
  await runtime?.[Symbol.asyncDispose]();
});

/** What a fault keeps back is waited for in vain: no longer than a process that stands still makes necessary. */
const IN_VAIN = { requestTimeoutMs: 5_000 };
const ZERO = "wo_0000000000000000";
const isLive = ({ cursor }: PassingFrame) => cursor === null;
const isResumed = ({ cursor }: PassingFrame) => cursor !== null && cursor !== ZERO;

/** Changes frames of an event's name on sockets without a cursor. */
const inLive =
  (name: string, change: (text: string) => readonly string[]): Tampering["frame"] =>
  (passing) =>
    isLive(passing) && passing.name === name ? change(passing.text) : [passing.text];

/** Sends one event after the one that follows it. */
function swapped(name: string): Tampering["frame"] {
  const held = new WeakMap<object, string>();
  return (passing, socket) => {
    const late = held.get(socket);
    held.delete(socket);
    if (late !== undefined) return [passing.text, late];
    if (!isLive(passing) || passing.name !== name) return [passing.text];
    held.set(socket, passing.text);
    return [];
  };
}

const inResume =
  (change: (text: string) => readonly string[]): Tampering["frame"] =>
  (passing) =>
    isResumed(passing) && passing.index === 0 ? change(passing.text) : [passing.text];

const replaced = (from: string | RegExp, to: string) => (text: string) => [text.replace(from, to)];

/** Changes the answers to some requests. */
const answering =
  (pattern: RegExp, change: (body: string) => string): NonNullable<Tampering["answer"]> =>
  (request, status, body) => ({ status, body: pattern.test(request) ? change(body) : body });

const UNASKED = '{"kind":"heartbeat","ts":1,"interval_ms":1,"cursor":"wo_0000000000000001"}';

describe("a fault in a stream", () => {
  test.each<[string, string, Tampering, string, Partial<KitLimits>?]>([
    [
      "an event that comes twice",
      "observation",
      { frame: inLive("text_done", (text) => [text, text]) },
      "each event comes once, in growing order",
    ],
    [
      "an event that never comes live",
      "resume",
      { frame: inLive("turn_end", () => []) },
      "the zero cursor gives all that is kept, as it was live",
    ],
    [
      "two events in the wrong order",
      "observation",
      { frame: swapped("llm_call_end") },
      "each event comes once, in growing order",
    ],
    ["no snapshot", "observation", { frame: inLive("snapshot", () => []) }, "the first frame is a snapshot", IN_VAIN],
    [
      "a snapshot with the event id of an event",
      "observation",
      { frame: inLive("snapshot", replaced("snapshot:", "")) },
      "the first frame is a snapshot",
    ],
    [
      "an event of a name that there is not",
      "observation",
      { frame: inLive("usage", replaced('"event":"usage"', '"event":"usage_total"')) },
      "nothing comes that the reference does not know",
    ],
    [
      "a status that there is not",
      "observation",
      { frame: inLive("turn_end", replaced('"finished"', '"exhausted"')) },
      "nothing comes that the reference does not know",
    ],
    [
      "a heartbeat that nobody asked for",
      "observation",
      { frame: inLive("turn_start", (text) => [UNASKED, text]) },
      "nothing comes that the reference does not know",
    ],
    [
      "another Worker's name",
      "observation",
      { frame: inLive("turn_start", replaced(/"worker_id":"[^"]+"/, '"worker_id":"other"')) },
      "every frame names its Worker, and every event its cursor",
    ],
    [
      "a piece that is lost",
      "observation",
      { frame: inLive("text_done", replaced('"text":"', '"text":"More. ')) },
      "pieces of a text are the whole of it",
    ],
    [
      "a resume that loses an event",
      "resume",
      { frame: inResume(() => []) },
      "every position of a run is resumed from",
      IN_VAIN,
    ],
    [
      "a resume that gives an event twice",
      "resume",
      { frame: inResume((text) => [text, text]) },
      "every position of a run is resumed from",
      IN_VAIN,
    ],
    [
      "a resume that gives another event",
      "resume",
      { frame: inResume(replaced('"data":{', '"data":{"later":1,')) },
      "every position of a run is resumed from",
    ],
    ["a Close with another code", "ends of a stream", { closeCode: () => 1000 }, "a malformed cursor is told at once"],
    [
      "another diagnostic",
      "ends of a stream",
      { frame: ({ text }) => [text.replace("runtime.observation_only", "runtime.unavailable")] },
      "an observer that sends anything is let go",
    ],
    [
      "a frame that is no JSON",
      "observation",
      { frame: inLive("text_delta", () => ["<html>"]) },
      "the first frame is a snapshot",
    ],
    [
      "an event of a wrong shape",
      "observation",
      { frame: inLive("run_end", replaced('"result":"finished"', '"result":7')) },
      "the first frame is a snapshot",
    ],
  ])("%s", async (_fault, only, tampering, check, limits = {}) => {
    await using proxy = await startTampering(await runtime!.url(), tampering);
    const found = await judged(`http://127.0.0.1:${proxy.port}`, { only: [only], limits });
    expect(checksThat("fails", found)).toContain(`${only}: ${check}`);
    expect(failuresOf(found).join()).not.toContain("failure of the check itself");
  });
});

describe("a fault in an answer", () => {
  test.each<[string, string, NonNullable<Tampering["answer"]>, string]>([
    [
      "a summary with a count in words",
      "runtime",
      answering(/ \/v1\/runtime$/, (body) => body.replace(/"worker_count":\d+/, '"worker_count":"many"')),
      "the summary has its shape",
    ],
    [
      "counts that do not agree",
      "runtime",
      answering(/ \/v1\/runtime$/, (body) =>
        body.replace(/"stopped_worker_count":\d+/, '"stopped_worker_count":99999'),
      ),
      "the summary's counts agree",
    ],
    [
      "an error of another shape",
      "workers",
      answering(/conformance-nobody/, () => '{"message":"no"}'),
      "an unknown one is not found, and a blank id is no id",
    ],
    [
      "201 for a new Worker",
      "workers",
      (request, status, body) => ({ status: request === "POST /v1/workers" && status === 200 ? 201 : status, body }),
      "one is made with a config bundle",
    ],
    [
      "a Worker without its config bundle",
      "workers",
      answering(/POST \/v1\/workers$/, (body) => body.replace('"config_bundle"', '"other"')),
      "one is made with a config bundle",
    ],
    [
      "a transcript that counts from 0",
      "transcript",
      answering(/transcript/, (body) => body.replace('"sequence":1', '"sequence":0')),
      "it holds the message and what was answered, counted from 1",
    ],
    [
      "pages that begin over",
      "transcript",
      answering(/limit=1$/, (body) => body.replace(/"next_start":1/, '"next_start":0')),
      "pages follow each other",
    ],
    [
      "another digest than was sent",
      "config bundles",
      answering(/POST \/v1\/config-bundles/, (body) => body.replaceAll("aa1b29d3", "aa1b29d4")),
      "the digests of the protocol are taken",
    ],
    [
      "a stop that does not stop",
      "stop and cancel",
      answering(/\/stop$/, (body) => body.replace('"stopped"', '"running"')),
      "a stop ends the Worker, and again answers the same",
    ],
    [
      "HTML in place of a refusal",
      "input",
      (_request, status, body) => ({ status, body: status === 400 ? "<h1>Bad request</h1>" : body }),
      "what is no message is refused",
    ],
  ])("%s", async (_fault, only, answer, check) => {
    await using proxy = await startTampering(await runtime!.url(), { answer });
    const found = await judged(`http://127.0.0.1:${proxy.port}`, { only: [only] });
    expect(checksThat("fails", found)).toContain(`${only}: ${check}`);
    expect(failuresOf(found).join()).not.toContain("failure of the check itself");
  });

  test("a token that is not asked for", async () => {
    const url = await runtime!.url();
    const found = await judged(url, { only: ["auth"], token: "any-token-at-all-is-fine" });
    expect(checksThat("fails", found)).toEqual([
      "auth: exactly the token is let in",
      "auth: other paths and methods are refused alike",
      "auth: an upgrade without it is refused before it happens",
    ]);
  });
});

describe("a server that is no Runtime", () => {
  const ALL = { requestTimeoutMs: 1_000, answerTimeoutMs: 300, heartbeatWaitMs: 100, maxAnswerBytes: 100_000 };
  const SHAPE = "runtime: the summary has its shape";

  async function nothingHolds(port: number, limits: Partial<KitLimits> = ALL): Promise<readonly string[]> {
    const found = await judged(`http://127.0.0.1:${port}`, { limits, token: "a-token-for-nobody" });
    expect(checksThat("holds", found)).toEqual([]);
    expect(checksThat("differs", found)).toEqual([]);
    expect(checksThat("fails", found)).toContain(SHAPE);
    expect(failuresOf(found).join()).not.toContain("failure of the check itself");
    return failuresOf(found);
  }

  test("a closed port costs one check; the others are skipped", async () => {
    await using closed = await holdClosedPort();
    const failures = await nothingHolds(closed.port, {});
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain("does not accept connections");
  });

  test("a server that hangs costs its time-out once", async () => {
    await using server = await HostileServer.start({ http: () => {} });
    const failures = await nothingHolds(server.port);
    expect(failures).toEqual([expect.stringContaining("none within 1000 ms")]);
  });

  test("a server that hangs after its summary costs its time-out for each check", async () => {
    const summary = await (await fetch(`${await runtime!.url()}/v1/runtime`)).json();
    await using server = await HostileServer.start({
      http: (request, response) => {
        if (request.url === "/v1/runtime") json(response, 200, summary);
      },
    });
    const found = await judged(`http://127.0.0.1:${server.port}`, { limits: ALL });
    expect(checksThat("holds", found)).toContain(SHAPE);
    expect(failuresOf(found).filter((failure) => failure.includes("none within 1000 ms")).length).toBeGreaterThan(5);
  });

  test("garbage in place of HTTP", async () => {
    await using server = await HostileServer.start({ http: (_request, response) => void response.socket?.end("\0\0") });
    expect(await nothingHolds(server.port)).not.toEqual([]);
  });

  test("HTML for everything", async () => {
    await using server = await HostileServer.start({
      http: (_request, response) => void response.writeHead(200, { "Content-Type": "text/html" }).end("<h1>Hi</h1>"),
    });
    expect(await nothingHolds(server.port)).not.toEqual([]);
  });

  test("JSON of no shape for everything", async () => {
    await using server = await HostileServer.start({ http: (_request, response) => json(response, 200, [null]) });
    expect(await nothingHolds(server.port)).not.toEqual([]);
  });

  test("an answer without an end", async () => {
    await using server = await HostileServer.start({
      http: (_request, response) => {
        response.writeHead(200, { "Content-Type": "application/json" });
        const more = () => {
          while (!response.destroyed && response.write("x".repeat(65_536))) continue;
        };
        response.on("drain", more);
        more();
      },
    });
    expect(await nothingHolds(server.port)).not.toEqual([]);
  });

  test("a redirect is not followed", async () => {
    await using elsewhere = await HostileServer.start({});
    await using server = await HostileServer.start({
      http: (_request, response) =>
        void response.writeHead(302, { Location: `http://127.0.0.1:${elsewhere.port}/` }).end(),
    });
    expect(await nothingHolds(server.port)).not.toEqual([]);
    expect(elsewhere.asked).toEqual([]);
  });
});
