/**
 * The kind of machine that the figures come from.
 *
 * Owns one line about it: cores, memory, engines. Nothing that would name the machine itself.
 */
import { execFileSync } from "node:child_process";
import { arch, cpus, platform, totalmem } from "node:os";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { commandOf } from "./engine.ts";

const GIBIBYTE = 2 ** 30;
const LOOK_MS = 1_000;

/** `2 cores (Some processor), 8 GiB, linux x64, Node 24.1.0, Deno 2.9.0; 3 % busy at the start`. */
export async function describeMachine(): Promise<string> {
  const [deno] = await commandOf("deno", "");
  const denoVersion = execFileSync(deno, ["--version"], { encoding: "utf8" }).split(/\s+/)[1] ?? "unknown";
  const cores = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? "unknown"})`;
  const memory = `${Math.round(totalmem() / GIBIBYTE)} GiB`;
  const engines = `Node ${process.versions.node}, Deno ${denoVersion}`;
  return `${cores}, ${memory}, ${platform()} ${arch()}, ${engines}; ${Math.round((await busyShare()) * 100)} % busy at the start`;
}

/** Of all processors, in the moment that it looks. */
async function busyShare(): Promise<number> {
  const before = timesMs();
  await wait(LOOK_MS);
  const after = timesMs();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

function timesMs(): { readonly idle: number; readonly all: number } {
  const times = cpus().map(({ times }) => times);
  return {
    idle: times.reduce((sum, { idle }) => sum + idle, 0),
    all: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
  };
}
