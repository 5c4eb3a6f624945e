/** A copy of a data folder whose server is at work: nothing is disturbed, and the copy is a store of its own. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { WorkerEntries } from "../../protocol/backend-api.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { ViewerRules } from "../../protocol/viewer-rules.ts";
import { makeDataFolder, removeDataFolder } from "../support/data-folder.ts";
import type { Observer } from "../support/observer.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { ServerProcess, testEngine } from "../support/server-process.ts";
import { StoreFolder } from "../support/store-folder.ts";
import { A, events, loadOnly, record } from "../support/store-records.ts";
import { StreamingProvider } from "../support/streaming-provider.ts";
import { within } from "../support/within.ts";
import { WorkspaceClient, workerPath } from "../support/workspace-client.ts";

allowProcesses();

const COPIES = 3;
const WORKERS = 4;

interface Run {
  readonly code: number | string | null;
  readonly output: string;
}

/** The command for the engine that runs the tests. */
const COMMAND = [...(testEngine === "deno" ? ["run", "-A"] : []), "scripts/backup.mjs"];

function backup(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...COMMAND, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? null), output: stdout + stderr });
    });
  });
}

/** A folder with nothing in it, removed when the test is over. */
function folderFor(onEnd: (step: () => void) => void): string {
  const folder = makeDataFolder();
  onEnd(() => removeDataFolder(folder));
  return folder;
}

const entriesOf = async (client: WorkspaceClient, ref: WorkerRef): Promise<readonly LogEntry[]> =>
  (await client.read(WorkerEntries, `${workerPath(ref)}/entries`)).entries;

test("of a server with answers under way has everything up to its moment, and nobody notices it", async ({
  onTestFinished,
}) => {
  const folder = folderFor(onTestFinished);
  const data = join(folder, "data");
  // However long the copies take, the answers are under way until all have been made.
  await using provider = await StreamingProvider.start();
  const copied = Promise.withResolvers<void>();
  provider.lastsUntil = copied.promise;
  provider.pieces = ["One", " word", " and", " another."];
  const environment = { OPENAI_BASE_URL: provider.url };
  await using server = await ServerProcess.start({ environment: { ...environment, YOI_DATA_DIR: data } });
  const client = new WorkspaceClient(server.url);
  const refs = await Promise.all(Array.from({ length: WORKERS }, () => client.createWorker()));
  const observers = refs.map((ref) => client.observe(ref));
  await Promise.all(observers.map((observer) => observer.snapshot()));
  await Promise.all(refs.map((ref) => client.send(ref, "Go on until you are told")));
  const hasBegun = (observer: Observer) => observer.eventsOf("text_delta").length > 0;
  await Promise.all(observers.map((observer) => observer.until("the beginning of an answer", hasBegun)));
  const copies: { readonly path: string; readonly before: readonly (readonly LogEntry[])[] }[] = [];
  for (let copy = 0; copy < COPIES; copy += 1) {
    // Nobody knows how far an answer is; what is committed by now has to be in the copy.
    const before = await Promise.all(refs.map((ref) => entriesOf(client, ref)));
    const path = join(folder, `copy-${copy}`);
    expect(await backup(data, path)).toMatchObject({ code: 0, output: expect.stringContaining(path) });
    copies.push({ path, before });
  }
  copied.resolve();
  for (const observer of observers) await observer.idle();
  // The observers have had one whole answer each, without a break.
  for (const observer of observers) {
    const whole = observer.eventsOf("text_done").map((event) => event.data.text);
    const pieces = observer.eventsOf("text_delta").map((event) => event.data.text);
    expect(pieces.join("")).toBe(whole.join(""));
    expect(observer.eventsOf("run_end")).toHaveLength(1);
    expect(observer.eventsOf("error")).toEqual([]);
  }
  const after = await Promise.all(refs.map((ref) => entriesOf(client, ref)));

  const ends: LogEntry[] = [];
  for (const { path, before } of copies) {
    expect(readdirSync(path).toSorted()).toEqual(["backend-internal.sqlite", "cursor-secret"]);
    const isOpen = (name: string) => (statSync(join(path, name)).mode & 0o077) !== 0;
    // Windows has no such modes.
    expect(process.platform === "win32" ? [] : readdirSync(path).filter(isOpen)).toEqual([]);
    await using restored = await ServerProcess.start({ environment: { ...environment, YOI_DATA_DIR: path } });
    const other = new WorkspaceClient(restored.url);
    for (const [index, ref] of refs.entries()) {
      const entries = await entriesOf(other, ref);
      const known = before[index]!;
      expect(entries.slice(0, known.length)).toEqual(known);
      // What goes beyond is what the original went on to say, cut off where the copy was made.
      const common = entries.filter((entry, at) => JSON.stringify(entry) === JSON.stringify(after[index]![at]));
      const rest = entries.slice(common.length);
      expect(rest.map(({ kind }) => kind).join()).toMatch(/^(?:|assistant_item,.*run_completed|run_completed)$/);
      ends.push(...rest.slice(-1));
      await using observer = await other.converse(ref, "And now?");
      expect(observer.eventsOf("run_end")).toHaveLength(1);
    }
  }
  expect(ends.length, "copies in the middle of an answer").toBeGreaterThan(0);
  for (const end of ends) expect(end).toMatchObject({ kind: "run_completed", cause: "interrupted" });
  // The original never met them.
  expect(await Promise.all(refs.map((ref) => entriesOf(client, ref)))).toEqual(after);
  expect(await server.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(server.stderr).toBe("");
});

test("has the rules for viewers that were changed, and a server on it goes by them", async ({ onTestFinished }) => {
  const folder = folderFor(onTestFinished);
  const data = join(folder, "data");
  const copy = join(folder, "copy");
  const rules = { read_only: ["eve"], hide_inner_work: ["*@guests.example"] };
  await using server = await ServerProcess.start({ environment: { YOI_DATA_DIR: data } });
  const changed = await new WorkspaceClient(server.url).request("/api/viewer-rules", {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(rules),
  });
  expect(changed.status).toBe(200);
  expect((await backup(data, `${copy}/`)).code).toBe(0);
  expect(readdirSync(copy).toSorted()).toEqual(["backend-internal.sqlite", "cursor-secret", "viewer-rules.json"]);
  await using restored = await ServerProcess.start({ environment: { YOI_DATA_DIR: copy } });
  expect(await new WorkspaceClient(restored.url).read(ViewerRules, "/api/viewer-rules")).toEqual(rules);
});

test("of a folder that no server has open is the same, and a single store can be copied too", async ({
  onTestFinished,
}) => {
  const folder = folderFor(onTestFinished);
  const data = join(folder, "data");
  const environment = { YOI_DATA_DIR: data, YOI_DEMO_PACE: "0" };
  let ref: WorkerRef;
  let said: readonly LogEntry[];
  {
    await using server = await ServerProcess.start({ environment });
    const client = new WorkspaceClient(server.url);
    ref = await client.createWorker();
    await using _observer = await client.converse(ref, "Hello");
    said = await entriesOf(client, ref);
    await server.kill("SIGTERM");
  }
  expect(
    (await backup(join(data, "backend-internal.sqlite"), join(folder, "new", "backend-internal.sqlite"))).code,
  ).toBe(0);
  await using server = await ServerProcess.start({
    environment: { ...environment, YOI_DATA_DIR: join(folder, "new") },
  });
  expect(await entriesOf(new WorkspaceClient(server.url), ref)).toEqual(said);
  // And the folder itself is as good as it was.
  await using again = await ServerProcess.start({ environment });
  expect(await entriesOf(new WorkspaceClient(again.url), ref)).toEqual(said);
});

test("that can't be made says why, and leaves nothing", async ({ onTestFinished }) => {
  const folder = folderFor(onTestFinished);
  const at = (name: string) => join(folder, name);
  mkdirSync(at("empty"));
  writeFileSync(at("other.sqlite"), "This is no database of anybody.");
  mkdirSync(at("foreign"));
  writeFileSync(join(at("foreign"), "other.sqlite"), "This is no database of anybody.");
  const target = at("target");
  for (const [args, words] of [
    [[], /^Usage: /],
    [[at("empty")], /^Usage: /],
    [[at("nothing"), target], /^Cannot back up .*nothing: there is nothing of that name\.\n$/],
    [[at("empty"), target], /^Cannot back up .*empty: there is no store in it\.\n$/],
    [[at("empty"), at("foreign")], /^Cannot back up to .*foreign: something of that name is there already\.\n$/],
    [[at("other.sqlite"), target], /^Cannot back up .*other\.sqlite: The store's file is damaged\.\n$/],
    [[at("foreign"), target], /^Cannot back up .*other\.sqlite: The store's file is damaged\.\n$/],
  ] as const) {
    const { code, output } = await backup(...args);
    expect([code, output.replaceAll(/^\(node.*\n|^\(Use.*\n/gm, "")]).toEqual([1, expect.stringMatching(words)]);
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  }
});

/** A data folder with a store that has something to copy. */
async function filledStore(): Promise<StoreFolder> {
  const folder = new StoreFolder();
  await folder.use(async (store) => {
    await store.putWorker(record(A));
    await store.append(A, events(1, 200));
  });
  return folder;
}

test.each(["folder", "store"] as const)(
  "of a %s twice at once is made once and is whole, and what another is making is let be",
  async (kind) => {
    using folder = await filledStore();
    const copies = join(folder.folder, "copies");
    const target = join(copies, "one");
    mkdirSync(`${target}.part`, { recursive: true });
    writeFileSync(join(`${target}.part`, "runtime.sqlite"), "another's");
    const source = kind === "folder" ? join(folder.folder, "data") : folder.path;
    const runs = await Promise.all([backup(source, target), backup(source, target)]);
    expect(new Set(runs.map(({ code }) => code))).toEqual(new Set([0, 1]));
    expect(runs.find(({ code }) => code === 1)?.output).toContain("something of that name is there already.");
    expect(readdirSync(copies).toSorted()).toEqual(["one", "one.part"]);
    expect(readFileSync(join(`${target}.part`, "runtime.sqlite"), "utf8")).toBe("another's");
    await using copy = await folder.open({ path: kind === "folder" ? join(target, "runtime.sqlite") : target });
    expect((await loadOnly(copy)).events).toEqual(events(1, 200));
  },
);

// Windows has no signals that a process could hear.
test.skipIf(process.platform === "win32")("that is ended by a signal leaves nothing", async () => {
  using folder = await filledStore();
  const copies = join(folder.folder, "copies");
  const holder = new DatabaseSync(folder.path);
  try {
    // Nobody can read meanwhile, and the copy waits for that.
    holder.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE");
    const words = [...COMMAND, join(folder.folder, "data"), join(copies, "one")];
    const child = spawn(process.execPath, words, { stdio: "ignore" });
    const ended = once(child, "close").then(([code]: (number | null)[]) => code);
    const begun = () => existsSync(copies) && readdirSync(copies, { recursive: true }).length > 1;
    await expect.poll(begun).toBe(true);
    process.kill(child.pid ?? 0, "SIGTERM");
    expect(await within(ended, "a backup to end that was asked to")).not.toBe(0);
    expect(readdirSync(copies)).toEqual([]);
  } finally {
    holder.close();
  }
});
