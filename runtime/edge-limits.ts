/**
 * Bounds that an edge's own server enforces.
 *
 * Owns the figures that every entry point hands to its platform.
 */
import { READ_CONVERSATION_LIMITS } from "../protocol/read-conversation.ts";
import type { ConnectionLimits } from "./rest/listener.ts";

/** Largest frame from a viewer. Viewers send none; it only has to be read to be refused. */
export const CLIENT_FRAME_MAX_BYTES = 64 * 1024;

/** How long a request's head may take to arrive where nothing else is said. */
export const HEAD_TIMEOUT_MS = 15_000;

/** Largest head of a request. */
export const HEAD_MAX_BYTES = 16 * 1024;

/** How long a whole request may take to arrive, however large, unless its head and its body are given more together. */
export const REQUEST_TIMEOUT_MS = 300_000;

/**
 * How long a whole request may take where its parts are given their times. Node refuses to start with less than the
 * head's, and would break off a body that still has time; a conversation's file has its own, whatever others have.
 */
export function requestTimeoutOf(limits: Pick<ConnectionLimits, "headTimeoutMs" | "bodyTimeoutMs">): number {
  const { headTimeoutMs, bodyTimeoutMs } = limits;
  return Math.max(REQUEST_TIMEOUT_MS, headTimeoutMs + Math.max(bodyTimeoutMs, READ_CONVERSATION_LIMITS.timeoutMs));
}

/** How long a connection may wait for its next request. */
export const KEEP_ALIVE_TIMEOUT_MS = 5_000;

/** Connections for which there is room beside those of viewers and observers: pages, reads and commands. */
export const OTHER_CONNECTIONS = 2_000;

/** Connections at the same time where nothing else is said. */
export const MAX_CONNECTIONS = 12_000;

/** How long a refused upgrade's peer has to close its connection. */
export const REFUSAL_TIMEOUT_MS = 2_000;

/** How often a socket's peer is asked whether it is still there; one that has not answered by the next time is let go. */
export const SOCKET_PING_INTERVAL_MS = 60_000;

/** How long answers may take to come to their end, and peers to close their sockets, when the process ends. */
export const CLOSE_TIMEOUT_MS = 1_000;

/** How long a connection may be idle before the system asks whether its peer is still there. */
export const KEEP_ALIVE_DELAY_MS = 60_000;
