/**
 * What the stores need from the place where they run. The browser's own is made in `main.tsx`; the server renders with
 * one in which nothing ever happens; tests hand in their own.
 */
import { systemClock, type Clock } from "./store/clock.ts";
import type { DraftStorage } from "./store/drafts.ts";
import { immediateScheduler, type FrameScheduler } from "./store/frame-scheduler.ts";

export interface Environment {
  readonly clock: Clock;
  readonly random: () => number;
  readonly scheduler: FrameScheduler;
  readonly fetch: (input: string, init: RequestInit) => Promise<Response>;
  readonly WebSocket: new (url: string) => WebSocket;
  /** The page's address, e.g. `http://127.0.0.1:8787/`. */
  readonly pageUrl: string;
  readonly storage: () => DraftStorage | undefined;
  readonly isOnline: () => boolean;
  readonly isVisible: () => boolean;
}

class NoWebSocket {
  constructor() {
    throw new TypeError("Cannot open a WebSocket while rendering");
  }
}

/** For rendering a page on the server. */
export function renderEnvironment(): Environment {
  return {
    clock: systemClock(),
    random: () => 0,
    scheduler: immediateScheduler,
    fetch: () => Promise.reject(new TypeError("Cannot fetch while rendering")),
    // why: it is constructed by nobody, since no connection is started.
    WebSocket: NoWebSocket as unknown as new (url: string) => WebSocket,
    pageUrl: "http://localhost/",
    storage: () => undefined,
    isOnline: () => true,
    isVisible: () => false,
  };
}
