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
  const runtime = started.use(await startRemoteRuntime(engine, options));
  const backend = started.use(await startBackendOf(runtime, engine, options));
  const kept = started.move();
  return { backend, runtime, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Starts a Runtime that a server can be told of. */
export function startRemoteRuntime(engine: Engine, options: StartOptions): Promise<ServerChild> {
  return startRuntime(engine, withSetting(options, "YOI_RUNTIME_ID", REMOTE_RUNTIME_ID));
}

/** Starts a server that knows a Runtime which is there already. */
export async function startBackendOf(
  runtime: ServerChild,
  engine: Engine,
  options: StartOptions,
): Promise<ServerChild> {
  // Read at the start and never again.
  using folder = new DisposableStack();
  const path = folder.adopt(mkdtempSync(join(tmpdir(), "yoi-bench-")), (made) => rmSync(made, { recursive: true }));
  const file = join(path, "runtimes.json");
  writeFileSync(file, JSON.stringify({ runtimes: [{ id: REMOTE_RUNTIME_ID, base_url: runtime.url }] }));
  return await startWorkspace(engine, withSetting(options, "YOI_RUNTIMES_FILE", file));
}

function withSetting(options: StartOptions, name: string, value: string): StartOptions {
  return { ...options, environment: { ...options.environment, [name]: value } };
}
