/**
 * A Runtime that is nearly right: a real one behind a proxy that changes what it says.
 *
 * Owns the passing on, and the places where a test may change something: the JSON of an answer, and the frames of an
 * observation socket.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { acceptUpgrade, closeFrame, frame, HostileServer, refuseUpgrade } from "./hostile-server.ts";

/** A frame on its way to an observer. */
export interface PassingFrame {
  readonly text: string;
  /** The event's name, or null where it is another frame. */
  readonly name: string | null;
  /** What the observer came with. */
  readonly cursor: string | null;
  /** How many frames came before it on this socket. */
  readonly index: number;
}

/** What is changed. */
export interface Tampering {
  /** Gives another answer to a request, e.g. `GET /v1/runtime`, or the same. */
  readonly answer?: (
    request: string,
    status: number,
    body: string,
  ) => { readonly status: number; readonly body: string };
  /** Gives what is sent in place of a frame. State of a socket is kept by `socket`, which is one object for each. */
  readonly frame?: (passing: PassingFrame, socket: object) => readonly string[];
  /** Gives another code for a Close. */
  readonly closeCode?: (code: number) => number;
}

const OPCODE_PONG = 10;
const KEPT_HEADERS = ["authorization", "content-type", "accept"];

/** Serves the Runtime at `url`, changed. */
export function startTampering(url: string, tampering: Tampering): Promise<HostileServer> {
  return HostileServer.start({
    http: (request, response) => {
      passOn(url, tampering, request, response).catch(() => response.destroy());
    },
    upgrade: (request, socket) => observe(url, tampering, request, socket),
  });
}

async function passOn(
  url: string,
  { answer }: Tampering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET", url: target = "/" } = request;
  const body = await buffer(request);
  const headers = Object.entries(request.headers).filter(([name]) => KEPT_HEADERS.includes(name));
  const inner = await fetch(`${url}${target}`, {
    method,
    // A connection whose body was refused is let go of; nothing else shall be on it.
    headers: Object.fromEntries([...headers.map(([name, value]) => [name, String(value)]), ["Connection", "close"]]),
    ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
  });
  const came = { status: inner.status, body: await inner.text() };
  const given = answer?.(`${method} ${target}`, came.status, came.body) ?? came;
  response.writeHead(given.status, { "Content-Type": inner.headers.get("Content-Type") ?? "text/plain" });
  response.end(given.body);
}

function observe(url: string, tampering: Tampering, request: IncomingMessage, socket: Duplex): void {
  const address = new URL(request.url ?? "/", url);
  const cursor = address.searchParams.get("cursor");
  address.protocol = "ws:";
  const { authorization } = request.headers;
  const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };
  const inner = new WebSocket(address, { headers, perMessageDeflate: false });
  let index = 0;
  inner.on("upgrade", () => acceptUpgrade(request, socket));
  inner.on("unexpected-response", (_request, response) => {
    refuseUpgrade(socket, response.statusCode ?? 500, [], "");
    inner.terminate();
  });
  inner.on("error", () => socket.destroy());
  inner.on("message", (data: Buffer) => {
    const text = data.toString();
    const passing = { text, name: nameOf(text), cursor, index };
    index += 1;
    for (const sent of tampering.frame?.(passing, inner) ?? [text]) socket.write(frame(sent));
  });
  inner.on("pong", () => socket.write(frame("", OPCODE_PONG)));
  inner.on("close", (code) => {
    if (socket.writable) socket.end(closeFrame(tampering.closeCode?.(code) ?? code));
  });
  socket.on("data", (bytes: Uint8Array) => {
    // What an observer sends here are single small frames.
    const opcode = (bytes[0] ?? 0) & 15;
    if (inner.readyState !== WebSocket.OPEN) return;
    if (opcode === 9) inner.ping();
    else if (opcode < 3) inner.send(opcode === 1 ? "x" : Uint8Array.of(1));
    else socket.end();
  });
  socket.on("close", () => inner.terminate());
}

/** The name of the event in a frame. */
function nameOf(text: string): string | null {
  return /"payload":\{"event":"([a-z_]+)"/.exec(text)?.[1] ?? null;
}
