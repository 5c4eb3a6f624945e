/**
 * Memory of another process.
 *
 * Owns the reading of Linux's account and of the engine's heap, which is asked through the inspector that V8 has on every
 * engine: after a collection, so that only what is held counts.
 */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import * as z from "zod/mini";
import type { ProgramChild, ServerChild } from "./child.ts";
import { bytesByConstructor } from "./heap-parts.ts";

/** What a process holds, in bytes. */
export interface MemoryUse {
  readonly heapBytes: number;
  /** The heap and the buffers beside it. */
  readonly heldBytes: number;
  readonly residentBytes: number;
}

const Reply = z.looseObject({
  id: z.optional(z.number()),
  result: z.optional(z.unknown()),
  method: z.optional(z.string()),
  params: z.optional(z.unknown()),
});
const Chunk = z.looseObject({ chunk: z.string() });
const HeapUsage = z.looseObject({ usedSize: z.number(), backingStorageSize: z.optional(z.number()) });
/** What a program of the bench says of itself (`programs/publisher.ts`). */
const OwnUse = z.strictObject({ heapBytes: z.number(), heldBytes: z.number() });

/** Collects the garbage of a process that is inspected, and weighs it. */
export async function memoryUse(server: ServerChild): Promise<MemoryUse> {
  return inspect(server, async ({ ask }) => {
    const { usedSize, backingStorageSize = 0 } = HeapUsage.parse(await ask("Runtime.getHeapUsage"));
    const residentBytes = residentBytesOf(server.pid);
    return { heapBytes: usedSize, heldBytes: usedSize + backingStorageSize, residentBytes };
  });
}

/** Collects the garbage of a process that is inspected, and looks into its heap. @returns bytes by constructor */
export async function heapParts(server: ServerChild): Promise<ReadonlyMap<string, number>> {
  return inspect(server, async ({ ask, onEvent }) => {
    const chunks: string[] = [];
    onEvent("HeapProfiler.addHeapSnapshotChunk", (params) => chunks.push(Chunk.parse(params).chunk));
    await ask("HeapProfiler.takeHeapSnapshot");
    return bytesByConstructor(chunks.join(""));
  });
}

interface Inspector {
  readonly ask: (method: string) => Promise<unknown>;
  readonly onEvent: (method: string, hear: (params: unknown) => void) => void;
}

/** Talks with a process after a collection of its garbage. */
async function inspect<Told>(
  { inspectorUrl }: ServerChild,
  talk: (inspector: Inspector) => Promise<Told>,
): Promise<Told> {
  if (inspectorUrl === null) throw new TypeError("Cannot look into a heap: the process was not started for it");
  const socket = new WebSocket(inspectorUrl, { perMessageDeflate: false });
  await once(socket, "open");
  const waiting = new Map<number, (result: unknown) => void>();
  const hearing = new Map<string, (params: unknown) => void>();
  socket.on("message", (data: Buffer) => {
    const { id, result, method, params } = Reply.parse(JSON.parse(data.toString()));
    if (id !== undefined) waiting.get(id)?.(result);
    else if (method !== undefined) hearing.get(method)?.(params);
  });
  let asked = 0;
  const ask = (method: string): Promise<unknown> => {
    const id = (asked += 1);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    waiting.set(id, resolve);
    socket.send(JSON.stringify({ id, method }));
    return promise;
  };
  try {
    // Twice: what a finalizer lets go is garbage only then.
    await ask("HeapProfiler.collectGarbage");
    await ask("HeapProfiler.collectGarbage");
    return await talk({ ask, onEvent: (method, hear) => hearing.set(method, hear) });
  } finally {
    socket.terminate();
  }
}

/** Has a peer look into its own heap. @returns bytes by constructor */
export async function publisherParts(publisher: ProgramChild): Promise<ReadonlyMap<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "yoi-heap-"));
  try {
    const path = join(folder, "heap.json");
    await publisher.ask("writeHeap", path, z.undefined());
    return bytesByConstructor(readFileSync(path, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Has a peer collect its garbage, and weighs it. */
export async function publisherMemory(publisher: ProgramChild): Promise<MemoryUse> {
  return { ...(await publisher.ask("collect", null, OwnUse)), residentBytes: residentBytesOf(publisher.pid) };
}

/** What Linux counts as resident, in bytes. */
function residentBytesOf(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kibibytes) * 1_024;
}
