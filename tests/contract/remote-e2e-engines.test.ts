/** A workspace server on this engine, Runtimes on each engine that is here, and nothing but processes and sockets. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerSummary, WorkerTranscript } from "../../protocol/backend-api.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { closeCodeOf } from "../../protocol/problem.ts";
import { isCaughtUp, type Observer } from "../support/observer.ts";
import { RemoteSite } from "../support/remote-site.ts";
import { RemoteWorkspace, seenBy } from "../support/remote-workspace.ts";
import { ENGINES } from "../support/runtime-process.ts";
import { isSameJson } from "../support/same-json.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { problemOf, workerPath, type WorkspaceClient } from "../support/workspace-client.ts";

allowProcesses();

const caughtUp = (observer: Observer) => observer.until("everything", ({ frames }) => frames.some(isCaughtUp));

describe.each(ENGINES)("a Worker in a Runtime on %s", (engine) => {
  let site: RemoteSite;
  let workspace: RemoteWorkspace;
  let client: WorkspaceClient;
  beforeAll(async () => {
    site = await RemoteSite.start({ id: "lab", engine, environment: { YOI_DEMO_PACE: "0.05" } });
    workspace = await RemoteWorkspace.start({ sites: [site] });
    ({ client } = workspace);
  });
  afterAll(async () => {
    await workspace?.[Symbol.asyncDispose]();
    await site?.[Symbol.asyncDispose]();
  });

  const transcriptOf = (ref: WorkerRef) => client.read(WorkerTranscript, `${workerPath(ref)}/transcript`);

  test("is made, talked to and watched by two, who see what it published and nothing else", async () => {
    const ref = await client.createWorker(site.path);
    await using first = client.observe(ref);
    await first.snapshot();
    // It takes seconds: the second one comes while there is more to see.
    await client.send(ref, "/demo slow");
    await using second = client.observe(ref);
    await second.snapshot();
    await Promise.all([first.idle(), second.idle()]);
    const published = await site.published(ref.worker_id);
    expect(published.length).toBeGreaterThan(30);
    expect(seenBy(first)).toEqual(published);
    const seen = seenBy(second);
    expect(seen).toEqual(published.slice(-seen.length));
    expect(isSameJson(first.transcript, second.transcript)).toBe(true);
    expect((await transcriptOf(ref)).items.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(site.proxy.countOf("/events/ws")).toBe(1);
  });

  test("is taken up again behind each of its events, by the server that knows the viewer and by one that doesn't", async () => {
    const ref = await client.createWorker(site.path);
    await using whole = await client.converse(ref, "/demo think");
    const { received } = whole;
    for (const life of ["the same", "the next"]) {
      for (const [index, { cursor }] of received.entries()) {
        await using observer = client.observe(ref, { cursor, heartbeat: true });
        await caughtUp(observer);
        expect(observer.received, `${life}, after event ${index}`).toEqual(received.slice(index + 1));
      }
      if (life === "the same") await workspace.restart();
      ({ client } = workspace);
    }
  });

  test("that is interrupted keeps what it has said, and answers the next message", async () => {
    const ref = await client.createWorker(site.path);
    await using observer = client.observe(ref);
    await observer.snapshot();
    await client.send(ref, "/demo slow");
    await observer.until("some text", (seeing) => seeing.eventsOf("text_delta").length >= 3);
    expect((await client.post(`${workerPath(ref)}/cancel`, {})).status).toBe(200);
    await observer.idle();
    expect(observer.transcript).toMatchObject({ status: "idle", run: { state: "ended", cause: "cancelled" } });
    const written = observer
      .eventsOf("text_delta")
      .map(({ data }) => data.text)
      .join("");
    expect((await transcriptOf(ref)).items.map(({ content }) => content)).toEqual(["/demo slow", written]);
    await client.send(ref, "my name is Ada");
    await observer.idle(2);
    expect(observer.transcript).toMatchObject({ status: "idle", run: { state: "ended", result: "finished" } });
    expect(seenBy(observer)).toEqual(await site.published(ref.worker_id));
  });

  test("that is stopped says so to its viewers, and takes no more messages", async () => {
    const ref = await client.createWorker(site.path);
    await using observer = await client.converse(ref, "hello");
    expect((await client.post(`${workerPath(ref)}/stop`, { reason: "enough" })).status).toBe(200);
    await observer.until("the end", ({ transcript }) => transcript.shut_down);
    expect(problemOf(await client.post(`${workerPath(ref)}/input`, { content: "more" })).code).toBe("worker_stopped");
    expect(await client.read(WorkerSummary, workerPath(ref))).toMatchObject({ state: "stopped" });
    expect((await transcriptOf(ref)).items).toHaveLength(2);
  });

  test("that there is not is told so, by every command and by the socket", async () => {
    const nobody = { ...(await client.createWorker(site.path)), worker_id: "nobody" } as WorkerRef; // why: it may be asked for
    for (const verb of ["input", "stop", "cancel"]) {
      const answer = await client.post(`${workerPath(nobody)}/${verb}`, verb === "input" ? { content: "hi" } : {});
      expect(problemOf(answer).code, verb).toBe("worker_not_found");
    }
    await using observer = client.observe(nobody);
    expect(await observer.end()).toMatchObject({ code: closeCodeOf("worker_not_found"), reason: "worker_not_found" });
  });
});
