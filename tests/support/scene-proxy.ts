/**
 * A proxy before a real server that writes the conversation itself: pages and scripts pass as they are, events and older
 * pages come from here, as frames and answers of the wire. So a conversation of ten thousand messages costs nothing to make
 * in any browser, and every event comes when the test says.
 */
import { once } from "node:events";
import { createServer, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import type { LogEntry } from "../../protocol/entry.ts";
import type { Event } from "../../protocol/event.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { emptyTranscript, snapshotEvent } from "../../protocol/transcript.ts";

const START_TS = Date.now();
/** No heartbeat is due while a test runs. */
const HEARTBEAT_MS = 60_000;

/** A conversation as a page gets it. */
export interface SceneEntries {
  readonly ref: WorkerRef;
  /** The whole conversation so far. */
  readonly entries: readonly LogEntry[];
  /** How many of them the page gets at once; the older ones it has to ask for. */
  readonly shown?: number;
}

export class SceneProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  #scene: SceneEntries | undefined;
  #viewer: WebSocket | undefined;
  #position = 0;
  #held: Promise<void> = Promise.resolve();
  /** How often older pages were asked for. */
  pagesAsked = 0;

  private constructor(port: number) {
    this.#server = createServer((incoming, outgoing) => {
      const { method, url = "/", headers } = incoming;
      const older = /\/entries\?(.*)$/.exec(url)?.[1];
      if (older !== undefined) return void this.#sendPage(new URLSearchParams(older), outgoing);
      const onward = request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
        answer.on("error", () => outgoing.destroy());
      });
      onward.on("error", () => outgoing.destroy());
      incoming.pipe(onward);
    });
    this.#server.on("upgrade", (incoming, socket, head) =>
      this.#sockets.handleUpgrade(incoming, socket, head, (viewer) => this.#greet(viewer)),
    );
  }

  static async start(port: number): Promise<SceneProxy> {
    const proxy = new SceneProxy(port);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    // why: a TCP server that listens has an address of its own kind.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sets the conversation of whichever page connects from now on. */
  set(scene: SceneEntries): void {
    this.#scene = scene;
    this.#position = 0;
    this.pagesAsked = 0;
  }

  /** Sends events as the server does. */
  publish(...events: readonly Event[]): void {
    for (const payload of events) {
      this.#position += 1;
      const envelope = { ...this.#scene?.ref, cursor: this.#cursor, event_id: `e${this.#position}`, ts: START_TS };
      this.#viewer?.send(JSON.stringify({ kind: "event", envelope: { ...envelope, payload } }));
    }
  }

  /** Keeps older pages back until they are released. */
  holdPages(): { release(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return { release: resolve };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const viewer of this.#sockets.clients) viewer.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #greet(viewer: WebSocket): void {
    const { entries = [], shown = 100 } = this.#scene ?? {};
    this.#viewer = viewer;
    const start = Math.max(0, entries.length - shown);
    this.publish(snapshotEvent({ ...emptyTranscript(), entries: entries.slice(start), entries_start: start }));
    const heartbeat = { kind: "heartbeat", ts: START_TS, interval_ms: HEARTBEAT_MS, cursor: this.#cursor };
    viewer.send(JSON.stringify(heartbeat));
  }

  get #cursor(): string {
    return `bo_${this.#position}`;
  }

  async #sendPage(query: URLSearchParams, outgoing: ServerResponse): Promise<void> {
    this.pagesAsked += 1;
    await this.#held;
    const { ref, entries = [] } = this.#scene ?? {};
    const before = Number(query.get("before"));
    const start = Math.max(0, before - Number(query.get("limit")));
    const page = {
      ...ref,
      entries_start: start,
      entries_total: entries.length,
      oldest_kept: 0,
      entries: entries.slice(start, before),
    };
    outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(page));
  }
}
