/**
 * Who sees what, over real sockets and every route: a user whom a proxy names, rules that hide and forbid, and rules that
 * change while sockets are open.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { WorkerSpawnResult } from "../../protocol/backend-api.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { closeCodeOf } from "../../protocol/problem.ts";
import { snapshotEvent, type Transcript } from "../../protocol/transcript.ts";
import { hideInnerWork } from "../../server/hide-inner-work.ts";
import { API_ROUTES, fillPath } from "../support/api-routes.ts";
import { conversationFile, everyEntry } from "../support/conversation-file.ts";
import { isCaughtUp, type Observer, type ObserverOptions } from "../support/observer.ts";
import { serveWorkspace } from "../support/served-workspace.ts";
import { ServerProcess, testEngine } from "../support/server-process.ts";
import { canonicalJson } from "../support/same-json.ts";
import { parseAnswer, problemOf, workerPath, type Answer } from "../support/workspace-client.ts";

const BY_PROXY = { YOI_TRUSTED_PROXIES: "127.0.0.1", YOI_USER_HEADER: "X-Forwarded-User" } as const;
const RULES = { read_only: ["*", "!ada", "!*@staff.example"], hide_inner_work: ["*@guests.example"] };
const ENVIRONMENT = {
  ...BY_PROXY,
  YOI_READ_ONLY_VIEWERS: RULES.read_only.join(),
  YOI_HIDE_INNER_WORK_FROM: RULES.hide_inner_work.join(),
  YOI_OWNERS: "ada",
};
const GUEST = "eve@guests.example";
const PATH = "/api/viewer-rules";
const CANARY = "CANARY";

const by = (user: string) => ({ "X-Forwarded-User": user });
const pictureOf = (transcript: Transcript) => canonicalJson(snapshotEvent(transcript));

describe(`on ${testEngine}`, () => {
  const workspace = serveWorkspace(ENVIRONMENT);

  const ask = (user: string, method: string, path: string, body?: unknown): Promise<Answer> =>
    workspace.client.request(path, {
      method,
      headers: { ...by(user), ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const change = async (rules: object) => expect((await ask("ada", "PUT", PATH, rules)).status).toBe(200);
  const observe = (user: string, ref: WorkerRef, options: ObserverOptions = {}) =>
    workspace.client.observe(ref, { ...options, headers: by(user) });
  const makeWorker = async (): Promise<WorkerRef> => {
    const { worker } = parseAnswer(
      WorkerSpawnResult,
      await ask("ada", "POST", "/api/runtimes/backend-internal/workers", {}),
    );
    return { runtime_id: worker!.runtime_id, worker_id: worker!.worker_id };
  };
  const importCanaries = async (): Promise<WorkerRef> => {
    const items = [
      { kind: "reasoning", text: CANARY, summary: [CANARY] },
      { kind: "tool_call", call_id: "c", name: "read", arguments: CANARY },
      { kind: "hologram", inside: CANARY },
    ];
    const result = { kind: "tool_result", call_id: "c", summary: CANARY, content: CANARY, is_error: false };
    const entries = [
      ...everyEntry,
      ...items.map((item) => ({ kind: "assistant_item", ts: 11, item })),
      { kind: "tool_result", ts: 12, item: result },
      { kind: "run_errored", ts: 12, interrupted: true, message: CANARY, code: "tool_error" },
      { kind: "extension", ts: 12, domain: "elsewhere", payload: CANARY },
    ];
    const answer = await ask(
      "ada",
      "POST",
      "/api/runtimes/backend-internal/workers/import",
      conversationFile({ entries }),
    );
    const { worker } = parseAnswer(WorkerSpawnResult, answer);
    return { runtime_id: worker!.runtime_id, worker_id: worker!.worker_id };
  };
  /** What the stream over HTTP brings until the viewer has everything. */
  const readStream = async (user: string, path: string): Promise<string> => {
    const ending = new AbortController();
    const response = await fetch(workspace.server.url + path, { headers: by(user), signal: ending.signal });
    let text = "";
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      if (text.includes('"kind":"heartbeat"')) break;
    }
    ending.abort();
    return text;
  };
  const caughtUp = (observer: Observer) => observer.until("everything", ({ frames }) => frames.some(isCaughtUp));

  // --- every door --------------------------------------------------------------------------------------------------------

  test("what is hidden leaves by no door, and by every door for others", async () => {
    const ref = await importCanaries();
    const ids = { ...ref, host_id: "", bundle_id: "none" };
    ids.host_id = JSON.parse((await ask("ada", "GET", "/api/hosts")).text).items[0].host_id;
    const doors = [
      ...API_ROUTES.filter(({ method }) => method === "GET").map(({ path }) => fillPath(path, ids)),
      `${workerPath(ref)}/export?format=json`,
      `${workerPath(ref)}/export?format=markdown&thinking=1`,
      `${workerPath(ref)}/export?format=markdown&thinking=1&lang=ja`,
      `${workerPath(ref)}/entries?before=23&limit=200`,
      `/runtimes/${ref.runtime_id}/workers/${ref.worker_id}`,
      `/runtimes/${ref.runtime_id}/workers/${ref.worker_id}?before=24`,
    ];
    const open: string[] = [];
    for (const door of doors) {
      const answer = await ask(GUEST, "GET", door);
      expect([door, answer.text.includes(CANARY)]).toEqual([door, false]);
      // Nothing on the way may show it to anybody else.
      expect([door, answer.headers.get("Cache-Control")]).toEqual([door, "no-store"]);
      if ((await ask("ada", "GET", door)).text.includes(CANARY))
        open.push(door.replace(ref.worker_id, "…").replace(/.*\/(?=[a-z…])/, ""));
    }
    const streams = [`${workerPath(ref)}/events`, `${workerPath(ref)}/events?heartbeat=1`];
    for (const stream of streams) {
      expect(await readStream(GUEST, stream)).not.toContain(CANARY);
      expect(await readStream("ada", stream)).toContain(CANARY);
    }
    await using guest = observe(GUEST, ref, { heartbeat: true });
    await using owner = observe("ada", ref, { heartbeat: true });
    await Promise.all([caughtUp(guest), caughtUp(owner)]);
    expect(guest.texts.join()).not.toContain(CANARY);
    expect(owner.texts.join()).toContain(CANARY);
    expect(pictureOf(guest.transcript)).toBe(pictureOf(hideInnerWork.showTranscript(owner.transcript)));
    // So that it is seen that each of these could have leaked.
    expect(open.toSorted()).toEqual([
      "entries",
      "entries?before=23&limit=200",
      "export",
      "export?format=json",
      "export?format=markdown&thinking=1",
      "export?format=markdown&thinking=1&lang=ja",
      "transcript",
      "…",
      "…?before=24",
    ]);
  });

  test("a page and a document of a hidden place say that it is one", async () => {
    const ref = await importCanaries();
    const page = (await ask(GUEST, "GET", `/runtimes/${ref.runtime_id}/workers/${ref.worker_id}`)).text;
    expect(page).toContain("hidden from you");
    const markdown = `${workerPath(ref)}/export?format=markdown`;
    expect((await ask(GUEST, "GET", markdown)).text).toContain("**Tool:** read *(hidden from you)*");
    expect((await ask(GUEST, "GET", `${markdown}&lang=ja`)).text).toContain("*（非表示）*");
  });

  test("two viewers of one run see it as each may, and their cursors open no other stream", async () => {
    const ref = await makeWorker();
    await using owner = observe("ada", ref, { heartbeat: true });
    await using guest = observe(GUEST, ref, { heartbeat: true });
    await Promise.all([caughtUp(owner), caughtUp(guest)]);
    expect((await ask("ada", "POST", `${workerPath(ref)}/input`, { content: "/demo think" })).status).toBe(200);
    await Promise.all([owner.idle(), guest.idle()]);
    const thoughts = (observer: Observer) => observer.eventsOf("thinking_delta").map(({ data }) => data);
    expect(thoughts(owner).length).toBeGreaterThan(1);
    expect(thoughts(guest)).toEqual(thoughts(owner).map(() => ({ text: "", hidden: true })));
    expect(pictureOf(guest.transcript)).toBe(pictureOf(hideInnerWork.showTranscript(owner.transcript)));
    const middle = (observer: Observer) => observer.received[Math.floor(observer.received.length / 2)]!.cursor;
    for (const [user, stolen] of [
      [GUEST, middle(owner)],
      ["ada", middle(guest)],
    ] as const) {
      await using thief = observe(user, ref, { cursor: stolen });
      expect(await thief.closed).toEqual({ code: closeCodeOf("cursor_unknown"), reason: "cursor_unknown" });
      expect(thief.received).toEqual([]);
    }
    await using back = observe(GUEST, ref, { cursor: middle(guest), heartbeat: true });
    await caughtUp(back);
    const missed = guest.received.slice(Math.floor(guest.received.length / 2) + 1);
    expect(back.received).toEqual(missed);
    expect(back.frames[0]).toMatchObject({ kind: "heartbeat", behind: missed.length, read_only: true });
  });

  // --- commands ------------------------------------------------------------------------------------------------------------

  test("who may only read is refused every command, and nothing has happened", async () => {
    const ref = await makeWorker();
    const ids = { ...ref, host_id: "none", bundle_id: "none" };
    const commands = [
      ...API_ROUTES.filter(({ method, path }) => method !== "GET" && path !== PATH),
      { method: "POST", path: "/api/demo/drop-connection" },
      { method: "POST", path: "/api/demo/restart-runtime" },
    ];
    expect(commands.length).toBeGreaterThan(9);
    const workers = async () => (await ask("ada", "GET", "/api/workers")).text;
    const before = await workers();
    for (const { method, path } of commands) {
      const answer = await ask(GUEST, method, fillPath(path, ids), {});
      expect([path, problemOf(answer).code, answer.status]).toEqual([path, "not_permitted", 403]);
    }
    expect(await workers()).toBe(before);
    // Neither is a route that there is not, nor another method, a way around it.
    for (const [method, path] of [
      ["DELETE", workerPath(ref)],
      ["PUT", `${workerPath(ref)}/input`],
      ["POST", "/api/nothing"],
    ] as const) {
      expect(problemOf(await ask(GUEST, method, path, {})).code).toBe("not_permitted");
    }
    expect((await ask("bo@staff.example", "PATCH", workerPath(ref), { display_name: "B" })).status).toBe(200);
    expect((await ask(GUEST, "GET", workerPath(ref))).status).toBe(200);
  });

  // --- rules that change ---------------------------------------------------------------------------------------------------

  test("changed rules hold on open sockets at once, with a fresh snapshot and no new socket", async () => {
    const ref = await makeWorker();
    await using owner = observe("ada", ref, { heartbeat: true });
    await using staff = observe("bo@staff.example", ref, { heartbeat: true });
    await using guest = observe(GUEST, ref, { heartbeat: true });
    await Promise.all([owner, staff, guest].map(caughtUp));
    expect((await ask("ada", "POST", `${workerPath(ref)}/input`, { content: "/demo think" })).status).toBe(200);
    await Promise.all([owner, staff, guest].map((observer) => observer.idle()));
    const snapshots = (observer: Observer) => observer.eventsOf("snapshot").length;
    try {
      await change({ read_only: ["bo@staff.example"], hide_inner_work: ["bo@*"] });
      await Promise.all(
        [staff, guest].map((observer) => observer.until("a fresh snapshot", () => snapshots(observer) === 2)),
      );
      expect(pictureOf(guest.transcript)).toBe(pictureOf(owner.transcript));
      expect(pictureOf(staff.transcript)).toBe(pictureOf(hideInnerWork.showTranscript(owner.transcript)));
      const readOnly = (observer: Observer) =>
        observer.frames.flatMap((f) => (f.kind === "heartbeat" ? [f] : [])).at(-1);
      await staff.until("its new right", () => readOnly(staff)?.read_only === true);
      await guest.until("its new right", () => readOnly(guest)?.read_only === undefined);
      expect((await ask(GUEST, "POST", `${workerPath(ref)}/cancel`, {})).status).toBe(200);
      expect((await ask("bo@staff.example", "POST", `${workerPath(ref)}/cancel`, {})).status).toBe(403);
      expect(snapshots(owner)).toBe(1);
    } finally {
      await change(RULES);
    }
    await staff.until("its former right", () => snapshots(staff) === 3);
    expect(pictureOf(staff.transcript)).toBe(pictureOf(owner.transcript));
  });

  test("rules are read and changed by their owners only, and what is no rule changes nothing", async () => {
    expect(JSON.parse((await ask("ada", "GET", PATH)).text)).toEqual(RULES);
    for (const method of ["GET", "PUT"]) {
      const body = method === "PUT" ? { read_only: [], hide_inner_work: [] } : undefined;
      expect(problemOf(await ask("bo@staff.example", method, PATH, body)).code).toBe("not_permitted");
    }
    for (const [body, place] of [
      [{}, "read_only: Invalid input"],
      [{ read_only: ["*"] }, "hide_inner_work: Invalid input"],
      [{ read_only: "*", hide_inner_work: [] }, "read_only: Invalid input"],
      [{ read_only: ["@nobody"], hide_inner_work: [] }, "read_only.0: expected a user's name"],
      [{ read_only: ["a b"], hide_inner_work: [] }, "read_only.0: expected a user's name"],
      [{ read_only: ["x".repeat(202)], hide_inner_work: [] }, "read_only.0: expected a user's name"],
      [{ read_only: Array.from({ length: 257 }, () => "*"), hide_inner_work: [] }, "read_only: expected at most 256"],
      [{ read_only: [], hide_inner_work: [], owners: ["eve"] }, 'Unrecognized key: "owners"'],
    ] as const) {
      const problem = problemOf(await ask("ada", "PUT", PATH, body));
      expect([problem.code, problem.detail]).toEqual(["invalid_request", expect.stringContaining(place)]);
    }
    expect(JSON.parse((await ask("ada", "GET", PATH)).text)).toEqual(RULES);
    // An owner whom a rule forbids to command can still take it back.
    await change({ read_only: ["*"], hide_inner_work: [] });
    expect((await ask("ada", "POST", "/api/runtimes/backend-internal/workers", {})).status).toBe(403);
    await change(RULES);
  });
});

test("changed rules outlive the process, until the settings say something else; what can't be read stops the start", async () => {
  const folder = mkdtempSync(join(tmpdir(), "yoi-rules-"));
  const file = join(folder, "viewer-rules.json");
  const rulesOf = async (server: ServerProcess) =>
    (await fetch(server.url + PATH, { headers: by("ada") })).json() as Promise<unknown>;
  const start = (environment: Readonly<Record<string, string>>) =>
    ServerProcess.start({ environment: { ...ENVIRONMENT, YOI_DATA_DIR: folder, ...environment } });
  const changed = { read_only: ["@user"], hide_inner_work: ["*"] };
  try {
    {
      await using server = await start({});
      const init = { method: "PUT", headers: { ...by("ada"), "Content-Type": "application/json" } };
      expect((await fetch(server.url + PATH, { ...init, body: JSON.stringify(changed) })).status).toBe(200);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    {
      await using again = await start({});
      expect(await rulesOf(again)).toEqual(changed);
    }
    {
      await using otherwise = await start({ YOI_READ_ONLY_VIEWERS: "eve" });
      expect(await rulesOf(otherwise)).toEqual({ ...RULES, read_only: ["eve"] });
    }
    const kept = readFileSync(file, "utf8");
    writeFileSync(file, kept.slice(1));
    await using broken = ServerProcess.spawn({ environment: { ...ENVIRONMENT, YOI_DATA_DIR: folder } });
    const { code } = await broken.exited;
    expect([code, broken.output]).toEqual([1, expect.stringContaining("viewer-rules.json")]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
