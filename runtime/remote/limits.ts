/**
 * The bounds and time-outs of talking to a Runtime elsewhere, each with its unit in its name.
 *
 * Owns the defaults and their shape; configuration may change the time-outs.
 */
import { READ_CONVERSATION_LIMITS } from "../../protocol/read-conversation.ts";

/** Bounds of one Runtime's client. */
export interface RemoteLimits {
  /** One request in all: connecting, sending, and the whole answer. */
  readonly requestTimeoutMs: number;
  /** The same for a conversation that is brought in. */
  readonly importTimeoutMs: number;
  /** Until an observation socket is open. */
  readonly handshakeTimeoutMs: number;
  /** How often the other end of a socket is asked whether it is there. */
  readonly pingIntervalMs: number;
  /** A socket on which nothing came for so long is taken as cut. */
  readonly silenceTimeoutMs: number;
  /** After a failure to reach the Runtime, how long questions about its state are answered with that failure. */
  readonly holdOffMs: number;
  /** Largest answer to a request. */
  readonly maxAnswerBytes: number;
  /** Largest frame on a socket. */
  readonly maxFrameBytes: number;
  /** Frames that may wait for a reader before the socket is read no further. */
  readonly maxQueuedFrames: number;
  /** Items to read of a conversation whose Runtime gives no snapshot. */
  readonly maxSeedItems: number;
}

/** In UTF-8, where one stands for a UTF-16 code unit. */
const CHAR_MAX_BYTES = 3;
/** What comes with an entry, in a snapshot or in a page. */
const BESIDES_BYTES = 4 * 1024 * 1024;
/** An entry comes whole or not at all: a Worker whose newest is longer than this could not be shown. */
const ENTRY_MAX_BYTES = READ_CONVERSATION_LIMITS.maxEntryChars * CHAR_MAX_BYTES + BESIDES_BYTES;

/** What holds where configuration says nothing. */
export const DEFAULT_REMOTE_LIMITS: RemoteLimits = {
  requestTimeoutMs: 10_000,
  importTimeoutMs: 60_000,
  handshakeTimeoutMs: 10_000,
  pingIntervalMs: 5_000,
  silenceTimeoutMs: 15_000,
  holdOffMs: 2_000,
  maxAnswerBytes: ENTRY_MAX_BYTES,
  maxFrameBytes: ENTRY_MAX_BYTES,
  maxQueuedFrames: 1_024,
  maxSeedItems: 200,
};
