/**
 * The frames of the reference's Runtime, and what it hears on an observation socket.
 *
 * Owns its cursors, one sequence in 16 hex digits; the empty snapshot; diagnostics, after which it drops the connection;
 * and the reading of an observer's small frames.
 */
import type { Duplex } from "node:stream";
import { frame } from "./hostile-server.ts";

const OPCODE = { text: 1, binary: 2, ping: 9, pong: 10 } as const;

const cursorOf = (sequence: number): string => `wo_${sequence.toString(16).padStart(16, "0")}`;

/** The sequence that a cursor names, or null where it is malformed. */
export function sequenceOf(cursor: string): number | null {
  return /^wo_[0-9a-fA-F]{16}$/.test(cursor) ? Number.parseInt(cursor.slice(3), 16) : null;
}

/** The frame of an event. */
export function eventFrame(sequence: number, workerId: string, payload: unknown, prefix = ""): Uint8Array {
  const cursor = cursorOf(sequence);
  const envelope = { cursor, event_id: `${prefix}${cursor}`, worker_id: workerId, payload };
  return frame(JSON.stringify({ kind: "event", envelope }));
}

/** The snapshot that says nothing of the Worker. */
export function snapshotFrame(sequence: number, workerId: string): Uint8Array {
  const greeting = {
    worker_name: workerId,
    cwd: "",
    provider: "worker-runtime",
    model: "worker-runtime",
    scope_summary: "runtime worker observation",
    tools: [],
    context_window: 0,
    context_tokens: 0,
  };
  const payload = { event: "snapshot", data: { entries: [], greeting, status: "idle" } };
  return eventFrame(sequence, workerId, payload, "snapshot:");
}

/** Says why, and drops the connection without a Close. */
export function endWith(socket: Duplex, code: string): void {
  const diagnostic = { code: `runtime.${code}`, message: "its own words" };
  socket.write(frame(JSON.stringify({ kind: "diagnostic", diagnostic })));
  socket.end();
}

/** Answers pings; whatever else an observer says is the end. */
export function listenToObserver(socket: Duplex): void {
  socket.on("data", (bytes: Uint8Array) => {
    const opcode = (bytes[0] ?? 0) & 15;
    if (opcode === OPCODE.ping) socket.write(frame("", OPCODE.pong));
    else if (opcode === OPCODE.text || opcode === OPCODE.binary) endWith(socket, "observation_only");
    else socket.end();
  });
}
