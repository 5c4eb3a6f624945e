/**
 * What a simulated run must not have from the platform: its timers, its random bytes, and its cryptography, which answers
 * whenever it likes.
 *
 * Owns the stand-ins, which belong to the process that simulates and to no other. The cryptography is Node's own, asked
 * in the one way that answers at once.
 */
import { createHash, createHmac } from "node:crypto";
import type { SimulatedProcess } from "./simulated-time.ts";

/** Whose time the platform's timers belong to. */
let current: SimulatedProcess | null = null;

/** From now on the platform's timers are this process's. */
export function useTimersOf(process: SimulatedProcess): void {
  current = process;
}

function stray(what: string): never {
  throw new Error(`Cannot simulate: ${what} was asked for outside of the run`);
}

const bytesOf = (data: BufferSource): Uint8Array =>
  ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);

const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

/** The secret of every run is the same, and so is the Worker: the answers are few. */
const known = new Map<string, ArrayBuffer>();

function remember(question: string, ask: () => Uint8Array): ArrayBuffer {
  const answer = known.get(question) ?? bufferOf(ask());
  known.set(question, answer);
  return answer;
}

const subtle = {
  importKey: async (_format: string, key: BufferSource) => bytesOf(key),
  digest: async (_algorithm: string, data: BufferSource) => {
    const bytes = bytesOf(data);
    return remember(`digest ${bytes.join()}`, () => createHash("sha256").update(bytes).digest());
  },
  sign: async (_algorithm: string, key: Uint8Array, data: BufferSource) => {
    const bytes = bytesOf(data);
    return remember(`sign ${key.join()} ${bytes.join()}`, () => createHmac("sha256", key).update(bytes).digest());
  },
};

/** Puts the stand-ins in place, once per process. */
export function installSimulatedGlobals(): void {
  Object.assign(globalThis, {
    setTimeout: (callback: () => void, delayMs = 0) => (current ?? stray("a timer")).setTimeout(callback, delayMs),
    clearTimeout: (handle: ReturnType<typeof setTimeout> | undefined) => current?.clearTimeout(handle),
    setInterval: () => stray("a repeating timer"),
    fetch: () => stray("the network"),
  });
  Math.random = () => stray("chance");
  Date.now = () => (current ?? stray("the time")).now();
  Object.defineProperty(globalThis, "crypto", {
    value: { subtle, getRandomValues: () => stray("random bytes"), randomUUID: () => stray("random bytes") },
  });
}
