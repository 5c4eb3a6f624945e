/**
 * The pages of peers: how one is built by itself, served, and told what to show.
 *
 * Owns the building, the page around a peer's script, a static server and the socket that tells a page. What a page makes
 * of it is its own file's.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import process from "node:process";
import { WebSocketServer } from "ws";
import { BuildManifest, CLIENT } from "./bundle-size.ts";
import { listenLocally } from "./programs/listen.ts";

/** All are built alike. */
const CONFIG = "tests/bench/console-peer/vite.config.ts";

/** A peer's page whose messages come by a socket. */
export interface PeerPage extends AsyncDisposable {
  readonly url: string;
  /** Tells every page that is open. */
  tell(message: object): void;
}

/**
 * Builds a page for production.
 * @param name Its folder here, e.g. `list-peer`.
 * @param isMapped Whether source maps come beside the scripts, which are the same with them.
 * @returns the folder of what was built
 */
export async function buildPeer(name: string, isMapped = false): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `yoi-${name}-`));
  await viteBuild([`tests/bench/${name}`, "--config", CONFIG, "--outDir", folder], isMapped);
  const manifest = BuildManifest.parse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")));
  writeFileSync(join(folder, "index.html"), pageOf(Object.values(manifest).find(({ isEntry }) => isEntry)));
  return folder;
}

/**
 * Builds the console's page as it is built, with source maps beside its scripts.
 * @returns the folder of what was built
 * @throws Error when that is not what is served
 */
export async function buildConsoleMaps(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "yoi-console-"));
  await viteBuild(["--outDir", folder], true);
  const missing = globSync("assets/*.js", { cwd: CLIENT }).filter((path) => !existsSync(join(folder, path)));
  if (missing.length > 0) throw new Error(`Cannot map the page's scripts: ${missing.join(", ")} is of other sources`);
  return folder;
}

async function viteBuild(args: readonly string[], isMapped: boolean): Promise<void> {
  const child = spawn(
    process.execPath,
    [
      "node_modules/vite/bin/vite.js",
      "build",
      ...args,
      "--emptyOutDir",
      ...(isMapped ? ["--sourcemap", "hidden"] : []),
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code]: unknown[] = await once(child, "close");
  if (code !== 0) throw new Error(`Cannot build a page: ${said}`);
}

/** What the browser loads first of a peer. */
function pageOf(entry: BuildManifest[string] | undefined): string {
  if (entry === undefined) throw new TypeError("Cannot build the peer's page: it has no entry");
  const styles = (entry.css ?? []).map((path) => `<link rel="stylesheet" href="./${path}" />`);
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Peer</title>
    ${styles.join("\n    ")}
    <script type="module" src="./${entry.file}"></script>
  </head>
  <body>
    <div id="root"></div>
  </body>
</html>
`;
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
