/**
 * A workspace server with a Runtime in a process of its own.
 *
 * Owns the start of both on one engine and the file that makes them known to each other.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRuntime, startWorkspace, type ServerChild, type StartOptions } from "./child.ts";
import type { Engine } from "./engine.ts";

/** What the server knows the Runtime as. */
export const REMOTE_RUNTIME_ID = "bench-remote";

/** Both processes. The server has its embedded Runtime besides. */
export interface RemotePair extends AsyncDisposable {
  readonly backend: ServerChild;
  readonly runtime: ServerChild;
}

/** Starts both with the same options, and waits until both listen. */
export async function startRemotePair(engine: Engine, options: StartOptions): Promise<RemotePair> {
  await using started = new AsyncDisposableStack();
  const folder = started.adopt(mkdtempSync(join(tmpdir(), "yoi-bench-")), (path) => rmSync(path, { recursive: true }));
  const file = join(folder, "runtimes.json");
  const withSetting = (name: string, value: string): StartOptions => ({
    ...options,
    environment: { ...options.environment, [name]: value },
  });
  const runtime = started.use(await startRuntime(engine, withSetting("YOI_RUNTIME_ID", REMOTE_RUNTIME_ID)));
  writeFileSync(file, JSON.stringify({ runtimes: [{ id: REMOTE_RUNTIME_ID, base_url: runtime.url }] }));
  const backend = started.use(await startWorkspace(engine, withSetting("YOI_RUNTIMES_FILE", file)));
  const kept = started.move();
  return { backend, runtime, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
