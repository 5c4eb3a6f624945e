/** The client against real servers: every operation, typed failures, and a Worker followed across the end of its server. */
import { describe, expect, test } from "vitest";
import { AnswerError, createClient, createSubmissionId, workerRef, type FollowStep } from "../../client/client.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { makeDataFolder, removeDataFolder } from "../support/data-folder.ts";
import { FollowExample } from "../support/follow-example.ts";
import { takeLastingPort } from "../support/lasting-port.ts";
import { NoUpgradeProxy } from "../support/no-upgrade-proxy.ts";
import { problemCode } from "../support/problem-code.ts";
import { ServerProcess } from "../support/server-process.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { StreamingProvider } from "../support/streaming-provider.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { within } from "../support/within.ts";

const TOKEN = "an-access-token-of-some-length";
const workspace = serveWorkspace();
const open = (url = workspace.server.url) => createClient({ url });

async function newWorker(client = open()): Promise<WorkerRef> {
  const { runtime_id, worker_id } = await client.spawn("backend-internal", { requested_worker_name: "Scout" });
  return { runtime_id, worker_id };
}

/** Steps until one fulfils the condition, that one included. */
async function until(steps: AsyncIterable<FollowStep>, condition: (step: FollowStep) => boolean) {
  const seen: FollowStep[] = [];
  const read = async () => {
    for await (const step of steps) {
      seen.push(step);
      if (condition(step)) return seen;
    }
    throw new Error("The steps ended");
  };
  return within(read(), () => `a step after ${JSON.stringify(seen.at(-1))}`);
}

/** As `until`, and resolves with the wait once the steps are live, so that what is sent then is seen as it happens. */
async function liveUntil(steps: AsyncGenerator<FollowStep>, condition: (step: FollowStep) => boolean) {
  const live = Promise.withResolvers<void>();
  const seen = until(steps, (step) => {
    if (step.kind === "live") live.resolve();
    return condition(step);
  });
  seen.catch(live.reject);
  await live.promise;
  return { seen };
}

const isEvent = (name: string) => (step: FollowStep) => step.kind === "event" && step.event.event === name;
const cursorsOf = (steps: readonly FollowStep[]) =>
  steps.flatMap((step) => (step.kind === "event" ? [step.cursor] : []));

describe("a client", () => {
  test("makes Workers, lists them, and reads what was said", async () => {
    const client = open();
    const ref = await newWorker(client);
    const listed = (await client.listWorkers()).find(({ worker_id }) => worker_id === ref.worker_id);
    expect(listed?.label).toBe("Scout");
    const { seen: done } = await liveUntil(client.follow(ref), isEvent("run_end"));
    await client.send(ref, { content: "Hello" });
    await done;
    const { items } = await client.transcript(ref, { start: 0, limit: 1 });
    expect(items.map(({ role, content }) => [role, content])).toEqual([["user", "Hello"]]);
    expect((await client.cancel(ref)).worker_id).toBe(ref.worker_id);
  });

  test("makes a Worker once where the engine asks for it twice by itself", async () => {
    const twice = async (input: string | URL | Request, init?: RequestInit) => {
      await fetch(input, init);
      return fetch(input, init);
    };
    const before = (await open().listWorkers()).length;
    const ref = await newWorker(createClient({ url: workspace.server.url, fetch: twice }));
    const listed = await open().listWorkers();
    expect(listed).toHaveLength(before + 1);
    expect(listed.map(({ worker_id }) => worker_id)).toContain(ref.worker_id);
  });

  test("names the run that it cancels where it is told which", async () => {
    const ref = workerRef("backend-internal", "companion");
    const bodies: unknown[] = [];
    const answer = (_url: unknown, init?: RequestInit) => {
      bodies.push(init?.body);
      return Promise.resolve(Response.json({ state: "accepted", ...ref, diagnostics: [] }));
    };
    const client = createClient({ url: workspace.server.url, fetch: answer });
    await client.cancel(ref);
    await client.cancel(ref, { runStartedTs: 7 });
    expect(bodies).toEqual(["{}", '{"run_started_ts":7}']);
  });

  test("works at a base path with and without its last slash", async () => {
    await using server = await ServerProcess.start({ environment: { YOI_BASE_PATH: "/yoi/" } });
    for (const url of [`${new URL(server.url).origin}/yoi`, `${new URL(server.url).origin}/yoi/`]) {
      expect((await open(url).listWorkers()).map(({ worker_id }) => worker_id)).toEqual(["companion"]);
    }
  });

  test("rejects with the server's problem", async () => {
    const nobody = workerRef("backend-internal", "nobody");
    expect(await problemCode(open().transcript(nobody))).toBe("worker_not_found");
    expect(await problemCode(open().send(await newWorker(), { content: "" }))).toBe("input_empty");
    expect(await problemCode(until(open().follow(nobody), () => false))).toBe("worker_not_found");
  });

  test("rejects with the status of what is no answer of the API", async () => {
    const page = () => Promise.resolve(new Response("<h1>Bad gateway</h1>", { status: 502 }));
    const client = createClient({ url: workspace.server.url, fetch: page });
    await expect(client.listWorkers()).rejects.toMatchObject({ name: "AnswerError", status: 502 });
    await expect(client.listWorkers()).rejects.toBeInstanceOf(AnswerError);
  });

  test("takes no address with a secret in it", () => {
    expect(() => createClient({ url: "http://user:secret@127.0.0.1/" })).toThrow(/never into an address/);
  });

  test("sends a message once whose answers were lost", async () => {
    const client = open();
    const ref = await newWorker(client);
    let lost = 0;
    const losing: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (init?.method !== "POST" || lost === 2) return response;
      lost += 1;
      throw new TypeError("The connection broke");
    };
    const { seen: done } = await liveUntil(client.follow(ref), isEvent("run_end"));
    await createClient({ url: workspace.server.url, fetch: losing }).send(ref, { content: "Hello" });
    await done;
    const lines = (await client.transcript(ref)).items.filter(({ role }) => role === "user");
    expect([lost, lines.map(({ content }) => content)]).toEqual([2, ["Hello"]]);
  });

  test("refuses another message under an id that was used", async () => {
    const client = open();
    const ref = await newWorker(client);
    const submissionId = createSubmissionId();
    await client.send(ref, { content: "Hello", submissionId });
    expect(await problemCode(client.send(ref, { content: "Other", submissionId }))).toBe("submission_conflict");
  });
});

describe("follow()", () => {
  test("gives a snapshot, says when it is live, and goes on from a cursor with exactly what followed", async () => {
    const client = open();
    const ref = await newWorker(client);
    const first = await until(client.follow(ref), ({ kind }) => kind === "live");
    expect(first.map((step) => (step.kind === "event" ? step.event.event : step.kind))).toEqual(["snapshot", "live"]);
    const { seen: whole } = await liveUntil(client.follow(ref), isEvent("run_end"));
    await client.send(ref, { content: "Hello" });
    const cursors = cursorsOf(await whole);
    const middle = cursors[Math.floor(cursors.length / 2)]!;
    const rest = await until(client.follow(ref, { cursor: middle }), isEvent("run_end"));
    expect(cursorsOf(rest)).toEqual(cursors.slice(cursors.indexOf(middle) + 1));
  });

  test("ends when its signal is aborted, also while it waits", async () => {
    const ending = new AbortController();
    const steps = open().follow(await newWorker(), { signal: ending.signal });
    await until(steps, ({ kind }) => kind === "live");
    const next = open().follow(await newWorker(), { signal: ending.signal });
    await next.next();
    await next.next();
    const waiting = next.next();
    ending.abort();
    expect(await within(waiting, "the end")).toEqual({ done: true, value: undefined });
  });

  test("loses nothing and doubles nothing on a link that is cut again and again", async () => {
    const { server } = workspace;
    const direct = open();
    const ref = await newWorker(direct);
    await using proxy = await TcpProxy.start(server.port);
    const { seen: whole } = await liveUntil(direct.follow(ref), isEvent("run_end"));
    let bytes = 900;
    proxy.accept(() => ({ kind: "cut", afterBytes: (bytes += 900) }));
    const { seen: cut } = await liveUntil(open(proxy.url).follow(ref), isEvent("run_end"));
    await direct.send(ref, { content: "Hello" });
    const received = await cut;
    expect(received.filter(({ kind }) => kind === "lost").length).toBeGreaterThan(0);
    const wanted = cursorsOf(await whole);
    const events = cursorsOf(received);
    expect(events).toEqual([...new Set(events)]);
    expect(wanted.slice(wanted.indexOf(events[1]!))).toEqual(events.slice(1));
  });

  test("goes on over plain HTTP by itself where sockets don't get through, and resumes exactly when it breaks", async () => {
    // However long the client stays away after a cut, the answer is under way until it has come back twice.
    await using provider = await StreamingProvider.start();
    const isBackTwice = Promise.withResolvers<void>();
    provider.lastsUntil = isBackTwice.promise;
    provider.pieces = ["One", " word", " and", " another."];
    const environment = { OPENAI_BASE_URL: provider.url, YOI_ACCESS_TOKEN: TOKEN };
    await using server = await ServerProcess.start({ environment });
    await using proxy = await NoUpgradeProxy.start(server.port);
    const streams = () => proxy.passed.filter((path) => path.includes("/events?"));
    const [direct, blocked] = [server.url, proxy.url].map((url) => createClient({ url, token: TOKEN }));
    const ref = await newWorker(direct);
    const { seen: whole } = await liveUntil(direct!.follow(ref), isEvent("run_end"));
    let events = 0;
    const { seen: pieces } = await liveUntil(blocked!.follow(ref), (step) => {
      if (step.kind === "event") events += 1;
      if (streams().length > 2) isBackTwice.resolve();
      if (events % 5 === 4) proxy.cut();
      return isEvent("run_end")(step);
    });
    await direct!.send(ref, { content: "Hello" });
    const received = await pieces;
    expect(cursorsOf(received)).toEqual(cursorsOf(await whole));
    expect(received.slice(0, 4).map(({ kind }) => kind)).toEqual(["lost", "lost", "event", "live"]);
    expect(proxy.refusedUpgrades).toBe(2);
    const [first, ...resumed] = streams().map((path) => new URL(path, proxy.url).searchParams.get("cursor") ?? "none");
    expect([first, resumed.length > 1]).toEqual(["none", true]);
    expect(cursorsOf(received)).toEqual(expect.arrayContaining(resumed));
  });

  test("folds into the transcript that the server has", async () => {
    const client = open();
    const ref = await newWorker(client);
    const ended = (async () => {
      for await (const transcript of client.followTranscript(ref)) {
        if (transcript.run.state === "ended") return transcript;
      }
      return null;
    })();
    await client.send(ref, { content: "Hello" });
    const transcript = await within(ended, "the end of the run");
    expect(transcript?.entries.map(({ kind }) => kind)).toContain("user_input");
    expect(transcript?.run.state).toBe("ended");
  });
});

describe("a server with an access token", () => {
  const guarded = serveWorkspace({ YOI_ACCESS_TOKEN: TOKEN });

  test("lets a client in by its token, on requests and on sockets, and says what a wrong one is", async () => {
    const { url } = guarded.server;
    const client = createClient({ url, token: TOKEN });
    const ref = await newWorker(client);
    await until(client.follow(ref), ({ kind }) => kind === "live");
    expect(await problemCode(createClient({ url }).listWorkers())).toBe("login_required");
    const wrong = createClient({ url, token: "another-token-of-some-length" });
    expect(await problemCode(wrong.listWorkers())).toBe("login_failed");
    expect(await problemCode(until(createClient({ url }).follow(ref), () => false))).toBe("login_required");
  });
});

describe("the example", () => {
  test("shows a conversation across a kill of its server, each part once", { timeout: 90_000 }, async () => {
    const folder = makeDataFolder();
    const port = String(await takeLastingPort());
    const environment = { YOI_DATA_DIR: folder, YOI_DEMO_PACE: "1", YOI_PORT: port };
    const servers: ServerProcess[] = [];
    try {
      const before = await ServerProcess.start({ environment });
      servers.push(before);
      const ref = await newWorker(open(before.url));
      await using viewer = new FollowExample(before.url, ref);
      await viewer.until((output) => output.includes("[live]"), "the viewer to be live");
      await open(before.url).send(ref, { content: "first question" });
      await viewer.until((output) => /> first question\n[^[]{20}/.test(output), "some of the first answer");
      await before.kill("SIGKILL");
      await viewer.until((output) => output.includes("[lost]"), "the viewer to see that the link is lost");
      const after = await ServerProcess.start({ environment });
      servers.push(after);
      await viewer.until((output) => output.split("[live]").length === 3, "the viewer to be live again");
      await open(after.url).send(ref, { content: "second question" });
      await viewer.until((output) => /> second question\n[^]*\[finished\]/.test(output), "the whole second answer");
      const { items } = await open(after.url).transcript(ref);
      const output = viewer.output;
      expect(output.split("> first question")).toHaveLength(2);
      expect(output.split("> second question")).toHaveLength(2);
      const shown = output.replaceAll(/\n\[(?:lost|live)\]|\[(?:lost|live)\]\n/g, "");
      for (const { role, content } of items.filter(({ role }) => role === "assistant")) {
        expect([role, shown.split(content).length - 1]).toEqual(["assistant", 1]);
      }
    } finally {
      for (const server of servers) await server[Symbol.asyncDispose]();
      removeDataFolder(folder);
    }
  });
});
