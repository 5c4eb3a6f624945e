/** What a link is made of and what it counts: the seams of `connection.ts`, which is the one that uses them. */
import type { ClientCursor } from "../../protocol/cursor.ts";
import type { StreamDiagnostic } from "../../protocol/frame.ts";
import type { Clock } from "./clock.ts";
import type { Envelope } from "./conversation.ts";
import type { FrameScheduler } from "./frame-scheduler.ts";

export type SocketClass = new (url: string) => WebSocket;

export interface ConnectionOptions {
  /** The socket's address for a position, e.g. `ws://host/api/…/events/ws?heartbeat=1&cursor=…`. */
  readonly url: (cursor: ClientCursor | undefined) => string;
  readonly cursor: () => ClientCursor | undefined;
  readonly dropCursor: () => void;
  readonly receive: (envelope: Envelope) => void;
  /**
   * Why an attempt did not open, as far as the server tells when it is asked apart: a browser keeps the answer to a
   * refused handshake to itself. `answered`: nothing is wrong, so it is the socket that doesn't get through.
   */
  readonly findRefusal: () => Promise<StreamDiagnostic | "answered" | undefined>;
  /** Loads what takes a socket's place, address and all, over plain HTTP. */
  readonly loadFallback: () => Promise<SocketClass>;
  readonly clock: Clock;
  /** When events are read that have come. */
  readonly scheduler: FrameScheduler;
  /** A number within [0, 1). */
  readonly random: () => number;
  readonly WebSocket: SocketClass;
  /** Told, as often as the server says it, whether the viewer may tell Workers nothing. */
  readonly noteReadOnly: (isReadOnly: boolean) => void;
  /** Whether the browser believes that it has a network. */
  readonly isOnline: () => boolean;
}

/** What has happened to the link; the last three should stay zero. */
export interface ConnectionCounters {
  readonly opened: number;
  /** Links given up because nothing came any more. */
  readonly silent: number;
  readonly freshSnapshots: number;
  readonly badFrames: number;
  readonly lateFrames: number;
  /** Caught-up marks that named a position which never came. */
  readonly gaps: number;
}
