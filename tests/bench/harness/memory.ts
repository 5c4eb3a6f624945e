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
import type { ServerChild } from "./child.ts";

/** What a process holds, in bytes. */
export interface MemoryUse {
  readonly heapBytes: number;
  readonly residentBytes: number;
}

const Reply = z.looseObject({ id: z.optional(z.number()), result: z.optional(z.unknown()) });
const HeapUsage = z.looseObject({ usedSize: z.number() });

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
    const { usedSize } = HeapUsage.parse(await ask("Runtime.getHeapUsage"));
    return { heapBytes: usedSize, residentBytes: residentBytesOf(pid) };
  } finally {
    socket.terminate();
  }
}

/** What Linux counts as resident, in bytes. */
export function residentBytesOf(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kibibytes) * 1_024;
}
