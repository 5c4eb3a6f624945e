/**
 * The kind of machine that the figures come from.
 *
 * Owns one line about it: cores, memory, engines. Nothing that would name the machine itself.
 */
import { execFileSync } from "node:child_process";
import { arch, cpus, loadavg, platform, totalmem } from "node:os";
import process from "node:process";
import { commandOf } from "./engine.ts";

const GIBIBYTE = 2 ** 30;

/** `2 cores (Some processor), 8 GiB, linux x64, Node 24.1.0, Deno 2.9.0; load at the start 0.1`. */
export async function describeMachine(): Promise<string> {
  const [deno] = await commandOf("deno", "");
  const denoVersion = execFileSync(deno, ["--version"], { encoding: "utf8" }).split(/\s+/)[1] ?? "unknown";
  const cores = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? "unknown"})`;
  const memory = `${Math.round(totalmem() / GIBIBYTE)} GiB`;
  const engines = `Node ${process.versions.node}, Deno ${denoVersion}`;
  return `${cores}, ${memory}, ${platform()} ${arch()}, ${engines}; load at the start ${loadavg()[0]?.toFixed(1)}`;
}
