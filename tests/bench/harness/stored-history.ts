/**
 * A data folder with a past.
 *
 * Owns the making of it: the Runtime's own code writes it, with a model that answers at once, so that a server that is
 * started on the folder finds what it would have written itself.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RuntimeId, type WorkerId } from "../../../protocol/id.ts";
import { systemClock, systemRandom } from "../../../runtime/clock.ts";
import { openEmbeddedRuntime } from "../../../runtime/embedded.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../runtime/limits.ts";
import type { Model } from "../../../runtime/model/model.ts";
import { openSqliteStore } from "../../../runtime/store/sqlite.ts";
import { EMBEDDED_RUNTIME_ID } from "../programs/worker-client.ts";

/** How much of a past. */
export interface History {
  readonly workers: number;
  readonly messages: number;
  /** Tokens of each answer. */
  readonly tokens: number;
  /** One of them; a short word where this is left out. */
  readonly token?: string;
}

/** A folder that is removed with it. */
export interface DataFolder extends Disposable {
  readonly path: string;
  /** In the order in which they were made. */
  readonly workerIds: readonly WorkerId[];
}

const TOKEN = "word ";
const PROFILE = "runtime_default";
/** Small: what a model is shown of a long past would cost more than the past itself. */
const CONTEXT_WINDOW_TOKENS = 16_000;
const KEEP_ALL = 1_000_000;
const KEEP_ALL_CHARS = 1024 * 1024 * 1024;

/** Writes one folder with all of them, for the Runtime inside a server. */
export async function writeHistory(...histories: readonly History[]): Promise<DataFolder> {
  const path = mkdtempSync(join(tmpdir(), "yoi-bench-history-"));
  const workerIds = await writeStore(storePath(path, EMBEDDED_RUNTIME_ID), EMBEDDED_RUNTIME_ID, histories);
  return { path, workerIds, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Where a Runtime finds its store in a data folder. */
export function storePath(folder: string, runtimeId: string): string {
  return join(folder, `${runtimeId}.sqlite`);
}

/** Writes all of them into one store. @returns the Workers, in the order in which they were made */
export async function writeStore(
  path: string,
  runtimeId: string,
  histories: readonly History[],
): Promise<readonly WorkerId[]> {
  const workerIds: WorkerId[] = [];
  let said = { tokens: 0, token: TOKEN };
  const model: Model = {
    provider: "openai_chat",
    name: "instant",
    contextWindowTokens: CONTEXT_WINDOW_TOKENS,
    async *stream() {
      for (let index = 0; index < said.tokens; index += 1) yield { kind: "text", text: said.token };
      yield { kind: "finish", reason: "stop" };
    },
  };
  const runtime = await openEmbeddedRuntime({
    runtimeId: RuntimeId.parse(runtimeId),
    displayName: "Bench",
    profiles: new Map([[PROFILE, { label: "Bench", model, systemPrompt: () => "You are a bench.", tools: [] }]]),
    store: await openSqliteStore({ path, sync: "normal", maxBytes: null }),
    limits: keepAll(DEFAULT_LIMITS),
    clock: systemClock,
    random: systemRandom,
  });
  for (const { workers, messages, tokens, token = TOKEN } of histories) {
    said = { tokens, token };
    for (let index = 0; index < workers; index += 1) {
      const { worker_id } = await runtime.createWorker({ profile: { kind: PROFILE } });
      workerIds.push(worker_id);
      for (let message = 0; message < messages; message += 1) {
        await runtime.sendInput(worker_id, { content: `Message ${message}` });
        await untilIdle(async () => (await runtime.getWorker(worker_id)).execution.run_state === "idle");
      }
    }
  }
  await runtime[Symbol.asyncDispose]();
  return workerIds;
}

function keepAll(limits: Limits): Limits {
  return {
    ...limits,
    // A token is an event: put together in time, there would be as many as the machine is slow.
    run: { ...limits.run, deltaIntervalMs: 0 },
    worker: { ...limits.worker, retentionEvents: KEEP_ALL, retentionChars: KEEP_ALL_CHARS },
    runtime: { ...limits.runtime, maxWorkers: KEEP_ALL },
  };
}

async function untilIdle(isIdle: () => Promise<boolean>): Promise<void> {
  while (!(await isIdle())) await new Promise((resolve) => setTimeout(resolve, 1));
}
