/** What two processes would spoil for each other in the project's folder is done by one after the other. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { makeDataFolder, removeDataFolder } from "../support/data-folder.ts";

interface Script {
  readonly oneAtATime: <Value>(work: () => Promise<Value>, lock: string, pollMs?: number) => Promise<Value>;
}

// By its address: scripts are no modules of the sources, and have no types.
const { oneAtATime }: Script = await import(
  /* @vite-ignore */ pathToFileURL(`${process.cwd()}/scripts/one-at-a-time.mjs`).href
);

/** A folder with nothing in it, removed when the test is over. */
function emptyFolder(): string {
  const folder = makeDataFolder();
  onTestFinished(() => removeDataFolder(folder));
  return folder;
}

test("oneAtATime() begins the second work when the first has ended, also in failure; nothing is left", async () => {
  const folder = emptyFolder();
  const lock = join(folder, "lock");
  const told: string[] = [];
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const first = oneAtATime(async () => {
    begun.resolve();
    await goOn.promise;
    told.push("first");
    throw new Error("It broke");
  }, lock).catch(String);
  await begun.promise;
  const second = oneAtATime(() => Promise.resolve(told.push("second")), lock);
  goOn.resolve();
  expect([await first, await second, told]).toEqual(["Error: It broke", 2, ["first", "second"]]);
  expect(readdirSync(folder)).toEqual([]);
});

test("oneAtATime() waits for no process that is gone", async () => {
  const folder = emptyFolder();
  const lock = join(folder, "lock");
  const { pid } = spawnSync(process.execPath, ["--version"]);
  mkdirSync(lock);
  writeFileSync(join(lock, String(pid)), "");
  expect(await oneAtATime(() => Promise.resolve("done"), lock)).toBe("done");
  expect(readdirSync(folder)).toEqual([]);
});

test("oneAtATime() waits for no process whose number is another's by now", async () => {
  const folder = emptyFolder();
  const lock = join(folder, "lock");
  mkdirSync(lock);
  // As in a container that was killed at it: the next start has the same numbers.
  writeFileSync(join(lock, String(process.pid)), "");
  expect(await oneAtATime(() => Promise.resolve("done"), lock, 1)).toBe("done");
  expect(readdirSync(folder)).toEqual([]);
});

test("oneAtATime() shows, while it works, that it is there", async () => {
  const lock = join(emptyFolder(), "lock");
  const touchedMs = () => statSync(join(lock, String(process.pid))).mtimeMs;
  const work = async () => {
    const begunMs = touchedMs();
    await expect.poll(touchedMs).toBeGreaterThan(begunMs);
  };
  await oneAtATime(work, lock, 1);
});
