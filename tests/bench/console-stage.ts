/**
 * Two pages that show the same conversation and the same stream: this console, and its peer. Owns the servers behind them,
 * which send what the bench says and when it says so.
 *
 * The console's page and scripts come from the real server; its events come from here over a real WebSocket. The peer's
 * come as the stream that its own packages read.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { LogEntry } from "../../protocol/entry.ts";
import type { Event } from "../../protocol/event.ts";
import { workerPagePath } from "../../islands/paths.ts";
import { WorkerRef } from "../../protocol/id.ts";
import { emptyTranscript, snapshotEvent } from "../../protocol/transcript.ts";
import { closeNow, pathOf, serveFile } from "./peer-page.ts";
import { listenLocally } from "./programs/listen.ts";
import type { WorkerUrl } from "./programs/worker-client.ts";

const TS = 1_782_700_000_000;
/** No heartbeat is due while a window is measured. */
const HEARTBEAT_MS = 600_000;

/** A page that streams. */
export interface StreamingPage extends AsyncDisposable {
  readonly url: string;
  /** Run in the page to ask for an answer; null where the server begins it. */
  readonly ask: string | null;
  /** Begins an answer; resolves when the page listens. */
  begin(): Promise<void>;
  delta(text: string): void;
  end(text: string): void;
}

/** The console as it streams. */
interface ConsoleStage extends StreamingPage {
  /** Shows a conversation without any message from now on. */
  empty(): void;
  /** An item comes whole. */
  append(text: string): void;
  /** Keeps the next page of older entries back. @returns what waits until it is asked for, and what lets it go. */
  holdOlder(): { readonly asked: Promise<void>; readonly release: () => void };
}

/** A conversation of so many messages: question and answer in turn, each with a little markup. */
export function conversationOf(count: number): readonly string[] {
  const sentence =
    "The evening star stands over the **horizon** before any other light is lit, and `everybody` can find it. ";
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 0 ? `Question ${index}` : `Answer ${index}. ${sentence.repeat(1 + (index % 5))}`,
  );
}

/**
 * This console.
 *
 * @param upstream Where the real server is.
 * @param worker A Worker of its own there.
 * @param messages What it has said; null where that is the real server's to tell, and only what comes next is said here.
 */
export async function openConsoleStage(
  upstream: string,
  worker: WorkerUrl,
  messages: readonly string[] | null,
): Promise<ConsoleStage> {
  const [runtime_id, , worker_id] = new URL(worker).pathname.split("/").slice(3);
  const ref = WorkerRef.parse({ runtime_id, worker_id });
  const entries = messages?.map((text, index): LogEntry =>
    index % 2 === 0
      ? { kind: "user_input", ts: TS, segments: [{ kind: "text", content: text }] }
      : {
          kind: "assistant_item",
          ts: TS,
          item: { kind: "message", role: "assistant", content: [{ kind: "text", text }] },
        },
  );
  let position = 0;
  const sockets = new Set<WebSocket>();
  const envelope = (payload: Event): string => {
    position += 1;
    const cursor = `bo_${position}`;
    return JSON.stringify({ kind: "event", envelope: { ...ref, cursor, event_id: `e${position}`, ts: TS, payload } });
  };
  const publish = (...events: readonly Event[]): void => {
    for (const frame of events.map(envelope)) for (const socket of sockets) socket.send(frame);
  };
  let older: { readonly asked: () => void; readonly released: Promise<void> } | undefined;
  const server = createServer((request, response) => {
    const isOlder = older !== undefined && pathOf(request.url).endsWith("/entries");
    if (isOlder) older?.asked();
    void Promise.resolve(isOlder ? older?.released : undefined).then(() => forward(upstream, request, response));
  });
  const acceptor = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    acceptor.handleUpgrade(request, socket, head, (opened) => {
      sockets.add(opened);
      opened.on("close", () => sockets.delete(opened));
      if (entries) opened.send(envelope(snapshotEvent({ ...emptyTranscript(), entries, entries_start: 0 })));
      const known = new URL(request.url ?? "/", "http://localhost").searchParams.get("cursor");
      const cursor = entries ? `bo_${position}` : known;
      const heartbeat = { kind: "heartbeat", ts: TS, interval_ms: HEARTBEAT_MS, cursor };
      opened.send(JSON.stringify(heartbeat));
    }),
  );
  const url = await listenLocally(server);
  return {
    url: url + workerPagePath(ref),
    ask: null,
    empty: () => publish(snapshotEvent(emptyTranscript())),
    append: (text) => publish({ event: "text_done", data: { text } }),
    holdOlder() {
      const asked = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      older = { asked: asked.resolve, released: released.promise };
      return {
        asked: asked.promise,
        release() {
          older = undefined;
          released.resolve();
        },
      };
    },
    async begin() {
      publish(
        { event: "user_message", data: { segments: [{ kind: "text", content: "Go on." }] } },
        { event: "status", data: { status: "running" } },
      );
    },
    delta: (text) => publish({ event: "text_delta", data: { text } }),
    end: (text) =>
      publish(
        { event: "text_done", data: { text } },
        { event: "run_end", data: { result: "finished" } },
        { event: "status", data: { status: "idle" } },
      ),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.terminate();
      closeNow(server);
    },
  };
}

/** The peer. @param folder Where its page was built. */
export async function openPeerStage(folder: string, messages: readonly string[]): Promise<StreamingPage> {
  let asked = Promise.withResolvers<ServerResponse>();
  let answer: ServerResponse | null = null;
  const initial = messages.map((text, index) => ({
    id: `m${index}`,
    role: index % 2 === 0 ? "user" : "assistant",
    parts: [{ type: "text", text }],
  }));
  const server = createServer((request, response) => {
    const path = pathOf(request.url);
    if (path === "/api/messages") {
      response.setHeader("Content-Type", "application/json").end(JSON.stringify(initial));
    } else if (path === "/api/chat") {
      request.resume();
      response.writeHead(200, {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-cache",
        "x-vercel-ai-ui-message-stream": "v1",
      });
      response.socket?.setNoDelay(true);
      asked.resolve(response);
    } else void serveFile(folder, path, response);
  });
  const write = (part: object | string): void => {
    answer?.write(`data: ${typeof part === "string" ? part : JSON.stringify(part)}\n\n`);
  };
  const url = await listenLocally(server);
  return {
    url: `${url}/`,
    ask: 'globalThis.peerSend("Go on.")',
    async begin() {
      answer = await asked.promise;
      asked = Promise.withResolvers();
      write({ type: "start" });
      write({ type: "text-start", id: "1" });
    },
    delta: (text) => write({ type: "text-delta", id: "1", delta: text }),
    end() {
      write({ type: "text-end", id: "1" });
      write({ type: "finish" });
      write("[DONE]");
      answer?.end();
    },
    async [Symbol.asyncDispose]() {
      closeNow(server);
    },
  };
}

async function forward(upstream: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await fetch(upstream + (request.url ?? "/"), { headers: { accept: request.headers.accept ?? "*/*" } });
  for (const name of ["content-type", "cache-control", "content-security-policy"]) {
    const value = answer.headers.get(name);
    if (value !== null) response.setHeader(name, value);
  }
  response.statusCode = answer.status;
  response.end(Buffer.from(await answer.arrayBuffer()));
}
