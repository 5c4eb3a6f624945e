/**
 * What an edge does for the Runtime process: listen.
 *
 * Owns the interface only; `node-listen.ts` fulfils it.
 */
import type { Hono } from "hono";
import type { UpgradeWebSocket } from "hono/ws";

/** What a connection may cost. */
export interface ConnectionLimits {
  /** How long a request's head may take to arrive. */
  readonly headTimeoutMs: number;
  /** The same for a body. */
  readonly bodyTimeoutMs: number;
  readonly maxConnections: number;
}

/** What to serve, and where. */
export interface ListenOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Absent: the defaults. */
  readonly connections?: ConnectionLimits;
  /** Told of what keeps an upgrade from any answer, which nobody expected; absent: nobody is. */
  readonly onUnexpected?: (error: unknown) => void;
  /** Makes the app with the platform's way to turn a request into a WebSocket. */
  readonly createApp: (upgradeWebSocket: UpgradeWebSocket) => Hono;
}

/** An app that is served. */
export interface Listening {
  /** e.g. `http://127.0.0.1:38800`. */
  readonly url: string;
  /** Takes no more requests, gives answers and sockets that are ending a moment for it, and lets go of the rest. */
  close(): Promise<void>;
}

/** Serves an app. @throws ConfigError where the address can't be had */
export type Listen = (options: ListenOptions) => Promise<Listening>;
