/**
 * What an edge brings along.
 *
 * Owns the two values that differ between platforms: how a request becomes a WebSocket, and what the browser's files
 * are. Everything else of the app is the same everywhere.
 */
import type { Context } from "hono";
import type { UpgradeWebSocket } from "hono/ws";

/** A file for the browser. */
export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

/** The browser's files, and which of them a page names. */
export interface Assets {
  /** By URL path, e.g. `/assets/main-B1x2.js`. */
  readonly files: ReadonlyMap<string, Asset>;
  /** URL paths of the module scripts of a page. */
  readonly scripts: readonly string[];
  /** URL paths of the style sheets of a page. */
  readonly styles: readonly string[];
}

/** An edge. */
export interface Platform {
  readonly upgradeWebSocket: UpgradeWebSocket;
  readonly assets: Assets;
  /** Whether style sheets stand in the page, as a development server puts them there. */
  readonly inlineStyles?: boolean;
  /** The address at the other end of a request's connection; null where it can't be told. */
  readonly peerAddress: (context: Pick<Context, "env">) => string | null;
}
