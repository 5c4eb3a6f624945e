/**
 * Memory of another process.
 *
 * Owns the reading of Linux's account and of the engine's heap, which is asked through the inspector that V8 has on every
 * engine: after a collection, so that only what is held counts.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { WebSocket } from "ws";
import * as z from "zod/mini";
import type { ProgramChild, ServerChild } from "./child.ts";

/** What a process holds, in bytes. */
export interface MemoryUse {
  readonly heapBytes: number;
  /** The heap and the buffers beside it. */
  readonly heldBytes: number;
  readonly residentBytes: number;
}

const Reply = z.looseObject({ id: z.optional(z.number()), result: z.optional(z.unknown()) });
const HeapUsage = z.looseObject({ usedSize: z.number(), backingStorageSize: z.optional(z.number()) });
/** What a program of the bench says of itself (`programs/publisher.ts`). */
const OwnUse = z.strictObject({ heapBytes: z.number(), heldBytes: z.number() });

/** Collects the garbage of a process that is inspected, and weighs it. */
export async function memoryUse({ pid, inspectorUrl }: ServerChild): Promise<MemoryUse> {
  if (inspectorUrl === null) throw new TypeError("Cannot look into a heap: the process was not started for it");
  const socket = new WebSocket(inspectorUrl, { perMessageDeflate: false });
  await once(socket, "open");
  let asked = 0;
  const ask = (method: string): Promise<unknown> => {
    const id = (asked += 1);
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const onMessage = (data: Buffer): void => {
      const reply = Reply.parse(JSON.parse(data.toString()));
      if (reply.id !== id) return;
      socket.off("message", onMessage);
      resolve(reply.result);
    };
    socket.on("message", onMessage);
    socket.send(JSON.stringify({ id, method }));
    return promise;
  };
  try {
    // Twice: what a finalizer lets go is garbage only then.
    await ask("HeapProfiler.collectGarbage");
    await ask("HeapProfiler.collectGarbage");
    const { usedSize, backingStorageSize = 0 } = HeapUsage.parse(await ask("Runtime.getHeapUsage"));
    return { heapBytes: usedSize, heldBytes: usedSize + backingStorageSize, residentBytes: residentBytesOf(pid) };
  } finally {
    socket.terminate();
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
