/**
 * A server that answers whatever a test wants, right or wrong, down to single bytes.
 *
 * Owns the port, and the account of what was asked. It knows no protocol but the first lines of HTTP and the framing of
 * WebSockets; what it says is the test's matter.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { SELF_SIGNED } from "./self-signed.ts";

/** What a hostile server does with what comes. */
export interface Hostility {
  readonly http?: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade?: (request: IncomingMessage, socket: Duplex) => void;
  /** As a proxy that is asked for a tunnel. */
  readonly connect?: (request: IncomingMessage, socket: Duplex) => void;
  readonly tls?: boolean;
}

/** One that listens. */
export class HostileServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  /** The targets that were asked for, e.g. `/v1/runtime`, oldest first. */
  readonly asked: string[] = [];
  /** The `Authorization` headers that came with them. */
  readonly authorizations: (string | undefined)[] = [];

  private constructor({ http, upgrade, connect, tls }: Hostility) {
    const note = (request: IncomingMessage): void => {
      this.asked.push(request.url ?? "");
      this.authorizations.push(request.headers.authorization);
    };
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      note(request);
      if (http) http(request, response);
      else response.writeHead(404).end();
    };
    this.#server = tls ? createTlsServer(SELF_SIGNED, answer) : createServer(answer);
    const takeOver = (how: Hostility["connect"]) => (request: IncomingMessage, socket: Duplex) => {
      note(request);
      socket.on("error", () => {});
      if (how) how(request, socket);
      else socket.destroy();
    };
    this.#server.on("upgrade", takeOver(upgrade));
    this.#server.on("connect", takeOver(connect));
    this.#server.on("connection", (socket: Duplex) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(hostility: Hostility): Promise<HostileServer> {
    const hostile = new HostileServer(hostility);
    hostile.#server.listen(0, "127.0.0.1");
    await once(hostile.#server, "listening");
    return hostile;
  }

  get port(): number {
    // why: it listens on TCP, so its address has a port.
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Answers JSON. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}

const ACCEPT_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Accepts an upgrade. */
export function acceptUpgrade(request: IncomingMessage, socket: Duplex): void {
  const key = `${request.headers["sec-websocket-key"] ?? ""}${ACCEPT_SUFFIX}`;
  const accept = createHash("sha1").update(key).digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}

/** Refuses an upgrade. */
export function refuseUpgrade(socket: Duplex, status: number, headers: readonly string[], body: string): void {
  const head = [`HTTP/1.1 ${status} No`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** A WebSocket frame of a server: text by default. */
export function frame(content: string | Uint8Array, opcode = 1): Uint8Array {
  const bytes = Buffer.from(content);
  const { length } = bytes;
  const head =
    length < 126
      ? Buffer.from([0x80 | opcode, length])
      : length < 65_536
        ? Buffer.from([0x80 | opcode, 126, length >> 8, length & 255])
        : Buffer.concat([Buffer.from([0x80 | opcode, 127, 0, 0, 0, 0]), uint32(length)]);
  return Buffer.concat([head, bytes]);
}

/** A Close frame. */
export function closeFrame(code: number): Uint8Array {
  return frame(Uint8Array.of(code >> 8, code & 255), 8);
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
