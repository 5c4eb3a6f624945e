/**
 * HTTP byte by byte, for requests that no client library would send.
 *
 * Owns the writing of a request as it stands, and the reading of one response.
 */
import { connect } from "node:net";
import { within } from "./within.ts";

/** A response; status 0: the connection ended without one. Header names are in lower case. */
export interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends `bytes` to a port of this machine and reads one response, up to its length or the end of the connection. */
export async function sendRaw(port: number, bytes: string | Uint8Array): Promise<RawResponse> {
  const socket = connect({ host: "127.0.0.1", port });
  const chunks: Buffer[] = [];
  const ended = Promise.withResolvers<void>();
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (isWhole(Buffer.concat(chunks))) ended.resolve();
  });
  // A server that refuses a large body may reset the rest of it: what it has answered counts.
  socket.on("error", () => ended.resolve());
  socket.on("close", () => ended.resolve());
  socket.write(bytes);
  try {
    await within(ended.promise, () => `a response to ${bytes.slice(0, 200).toString()}`);
  } finally {
    socket.destroy();
  }
  return parseResponse(Buffer.concat(chunks));
}

/** A request's head; `Connection: close` unless the headers say otherwise. */
export function requestHead(method: string, target: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = { Host: "localhost", Connection: "close", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** The headers of a WebSocket's handshake. */
export const WEBSOCKET_HEADERS = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
} as const;

function isWhole(bytes: Buffer): boolean {
  const { headers, body } = parseResponse(bytes);
  const length = headers.get("content-length");
  return length !== undefined && Buffer.byteLength(body) >= Number(length);
}

function parseResponse(bytes: Buffer): RawResponse {
  let text = bytes.toString("utf8");
  // An interim response comes first where the request expected one.
  if (text.startsWith("HTTP/1.1 100")) text = text.slice(text.indexOf("\r\n\r\n") + 4);
  const split = text.indexOf("\r\n\r\n");
  if (split === -1) return { status: 0, headers: new Map(), body: "" };
  const [statusLine = "", ...lines] = text.slice(0, split).split("\r\n");
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const body = text.slice(split + 4);
  const isChunked = headers.get("transfer-encoding") === "chunked";
  return { status: Number(statusLine.split(" ")[1] ?? 0), headers, body: isChunked ? unchunk(body) : body };
}

function unchunk(body: string): string {
  let rest = Buffer.from(body);
  let text = "";
  for (;;) {
    const lineEnd = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.subarray(0, lineEnd).toString(), 16);
    if (lineEnd === -1 || Number.isNaN(size) || size === 0) return text;
    text += rest.subarray(lineEnd + 2, lineEnd + 2 + size).toString("utf8");
    rest = rest.subarray(lineEnd + 4 + size);
  }
}
