/** The servers and their data folder, as an operator meets them. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { allowProcesses } from "../support/served-workspace.ts";
import { RuntimeProcess } from "../support/runtime-process.ts";
import { ServerProcess } from "../support/server-process.ts";
import { StoreFolder } from "../support/store-folder.ts";
import { within } from "../support/within.ts";

allowProcesses();

const FILE = "backend-internal.sqlite";
const settings = (folder: StoreFolder, more: Record<string, string> = {}) => ({
  environment: { YOI_DEMO_PACE: "0", YOI_DATA_DIR: folder.folder, ...more },
});

/** The refusal of a server that ends at its start. */
async function refusalOf(options: { environment: Record<string, string> }): Promise<string> {
  await using server = ServerProcess.spawn(options);
  expect(await within(server.exited, "the end of the process")).toEqual({ code: 1, signal: null });
  expect(server.stdout).toBe("");
  return server.stderr;
}

const api = async (server: ServerProcess, path: string, body?: object): Promise<unknown> => {
  const response = await fetch(`${server.url}/api${path}`, {
    ...(body && { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  expect(response.status).toBeLessThan(300);
  return response.json();
};

test.each(["SIGTERM", "SIGKILL"] as const)(
  "a server is back after %s with its Workers and what was said, and says where it keeps them",
  async (signal) => {
    using folder = new StoreFolder();
    const made = await ServerProcess.start(settings(folder));
    await api(made, "/runtimes/backend-internal/workers", { requested_worker_name: "Lab" });
    await api(made, "/companion/messages", { content: "Remember the blue door." });
    const before = await api(made, "/workers");
    await made.kill(signal);
    expect(made.stdout).toContain(`Workers and their conversations are kept in ${folder.folder}.\n`);
    expect(made.stderr).toBe("");
    expect(existsSync(join(folder.folder, FILE))).toBe(true);

    await using again = await ServerProcess.start(settings(folder));
    expect(again.stderr).toBe("");
    const names = (list: unknown) =>
      JSON.stringify(list)
        .match(/"display_name":"[^"]*"/g)
        ?.toSorted();
    expect(names(await api(again, "/workers"))).toEqual(names(before));
    const transcript = await api(again, "/runtimes/backend-internal/workers/companion/transcript");
    expect(JSON.stringify(transcript)).toContain("Remember the blue door.");
  },
);

test("a server's cursor secret is made once and kept for its owner alone", async () => {
  using folder = new StoreFolder();
  const path = join(folder.folder, "cursor-secret");
  await (await ServerProcess.start(settings(folder))).kill();
  const secret = readFileSync(path, "utf8");
  expect(secret).toMatch(/^[0-9a-f]{64}\n$/);
  expect(statSync(path).mode & 0o077).toBe(0);
  await (await ServerProcess.start(settings(folder))).kill();
  expect(readFileSync(path, "utf8")).toBe(secret);
  writeFileSync(path, "not a secret");
  expect(await refusalOf(settings(folder))).toMatch(/^Cannot start: \S+cursor-secret does not hold a secret\. .+\n$/);
  expect(readFileSync(path, "utf8")).toBe("not a secret");
});

test("a server with a store in memory leaves nothing behind", async () => {
  using folder = new StoreFolder();
  await using server = await ServerProcess.start(settings(folder, { YOI_STORE: "memory" }));
  await server.kill();
  expect(server.stdout).toContain("Workers are kept in memory and end with this process.\n");
  expect(existsSync(join(folder.folder, FILE))).toBe(false);
  expect(existsSync(join(folder.folder, "cursor-secret"))).toBe(false);
});

test("a second server on a data folder ends at once and says why", async () => {
  using folder = new StoreFolder();
  await using first = await ServerProcess.start(settings(folder));
  const refusal = await refusalOf(settings(folder));
  expect(refusal).toBe(
    `Cannot start: the store ${join(folder.folder, FILE)} can't be opened. Another process has it open. ` +
      "End that one first, or choose another data folder.\n",
  );
  expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
});

test("a server whose store fails otherwise says what was heard, and where its folder belongs", async () => {
  using folder = new StoreFolder();
  mkdirSync(join(folder.folder, FILE));
  expect(await refusalOf(settings(folder))).toMatch(
    /^Cannot start: the store \S+ can't be opened\. It fails \("unable to open .+"\)\. .+ machine itself.+\n$/,
  );
});

test.each([FILE, "lab.sqlite"])("whoever is asked to end while it still opens %s ends as it should", async (file) => {
  using folder = new StoreFolder();
  const path = join(folder.folder, file);
  using held = new DisposableStack();
  const holder = held.adopt(new DatabaseSync(path), (database) => database.close());
  // The thread waits for the file, and the program for the thread.
  holder.exec("BEGIN EXCLUSIVE");
  const environment = { YOI_DATA_DIR: folder.folder, YOI_RUNTIME_DATA_DIR: folder.folder, YOI_STORE_SYNC: "full" };
  await using starting =
    file === FILE ? ServerProcess.spawn({ environment }) : new RuntimeProcess({ args: ["--id", "lab"], environment });
  await expect.poll(() => existsSync(`${path}.lock`)).toBe(true);
  const ended = starting.kill("SIGTERM");
  held.dispose();
  expect(await ended).toEqual({ code: 0, signal: null });
});

test("a server does not start on what is no store, and leaves it alone", async () => {
  using folder = new StoreFolder();
  const path = join(folder.folder, FILE);
  writeFileSync(path, "Dear diary, ".repeat(1_000));
  const refusal = await refusalOf(settings(folder));
  expect(refusal).toMatch(/^Cannot start: the store \S+ can't be opened\. It is damaged, or no store\. .+\n$/);
  expect(readFileSync(path, "utf8")).toBe("Dear diary, ".repeat(1_000));
});

test("a Runtime process has a file of its own, by its id, and no other Runtime takes it", async () => {
  using folder = new StoreFolder();
  const start = (id: string) =>
    new RuntimeProcess({ args: ["--id", id], environment: { YOI_RUNTIME_DATA_DIR: dirname(folder.path) } });
  const created = async (runtime: RuntimeProcess) => {
    const response = await fetch(`${await runtime.url()}/v1/workers`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ profile: { kind: "runtime_default" } }),
    });
    expect(response.status).toBe(200);
  };
  mkdirSync(dirname(folder.path));
  const first = start("lab:one");
  await created(first);
  await first.kill("SIGKILL");
  expect(existsSync(join(dirname(folder.path), "lab=one.sqlite"))).toBe(true);

  await using again = start("lab:one");
  const list = (await (await fetch(`${await again.url()}/v1/workers`)).json()) as { workers: unknown[] };
  expect(list.workers).toHaveLength(1);
  await again.kill();
  expect(again.output).toContain(`Workers and their conversations are kept in ${dirname(folder.path)}.\n`);

  writeFileSync(join(dirname(folder.path), "other.sqlite"), readFileSync(join(dirname(folder.path), "lab=one.sqlite")));
  await using other = start("other");
  expect(await other.end()).toEqual({ code: 1, signal: null });
  expect(other.output).toMatch(/^Cannot start: the store \S+ can't be opened\. It belongs to another Runtime\. .+\n$/);
});
