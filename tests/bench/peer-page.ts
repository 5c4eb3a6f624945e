/**
 * The pages of peers: how one is built by itself, served, and told what to show.
 *
 * Owns the building, a static server and the socket that tells a page. What a page makes of it is its own file's.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import process from "node:process";
import { WebSocketServer } from "ws";
import { listenLocally } from "./programs/listen.ts";

/** All are built alike. */
const CONFIG = "tests/bench/console-peer/vite.config.ts";

/** A peer's page whose messages come by a socket. */
export interface PeerPage extends AsyncDisposable {
  readonly url: string;
  /** Tells every page that is open. */
  tell(message: object): void;
}

/** Builds a page for production. @param name Its folder here, e.g. `list-peer`. @returns the folder of what was built */
export async function buildPeer(name: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `yoi-${name}-`));
  const args = [
    "node_modules/vite/bin/vite.js",
    "build",
    `tests/bench/${name}`,
    "--outDir",
    folder,
    "--config",
    CONFIG,
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code]: unknown[] = await once(child, "close");
  if (code !== 0) throw new Error(`Cannot build the peer's page: ${said}`);
  return folder;
}

/**
 * Serves a page that was built.
 * @param initial What it finds at `api/initial`.
 */
export async function openPeerPage(folder: string, initial: unknown): Promise<PeerPage> {
  const server = createServer((request, response) => {
    const path = pathOf(request.url);
    if (path === "/api/initial") response.setHeader("Content-Type", "application/json").end(JSON.stringify(initial));
    else void serveFile(folder, path, response);
  });
  const sockets = new WebSocketServer({ server });
  const url = await listenLocally(server);
  return {
    url: `${url}/`,
    tell(message) {
      const frame = JSON.stringify(message);
      for (const socket of sockets.clients) socket.send(frame);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      closeNow(server);
    },
  };
}

/** The path of a request's address. */
export function pathOf(url: string | undefined): string {
  return new URL(url ?? "/", "http://localhost").pathname;
}

/** Closes a server that nobody is to be waited for. */
export function closeNow(server: Server): void {
  server.closeAllConnections();
  server.close();
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
};

/** Answers with a file of a folder. */
export async function serveFile(folder: string, path: string, response: ServerResponse): Promise<void> {
  try {
    const file = path === "/" ? "/index.html" : path;
    const body = await readFile(join(folder, file));
    response.setHeader("Content-Type", TYPES[extname(file)] ?? "application/octet-stream").end(body);
  } catch {
    response.writeHead(404).end();
  }
}
