/**
 * A TCP proxy before the server that breaks observation sockets at a chosen event.
 *
 * Owns the reading of WebSocket frames as they pass from the server, so that a break falls exactly behind, or inside, the
 * n-th event after the test has asked for it. Everything else passes as it is. Breaks are asked for per Worker, since
 * each has a socket of its own.
 */
import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import { once } from "node:events";
import type { WorkerRef } from "../../protocol/id.ts";
import { workerApiPath } from "../../islands/paths.ts";

/** The ways in which a link ends. */
export type Break =
  /** The server's own goodbye (a close frame, then the end of the stream) behind the event. */
  | "goodbye"
  /** The end of the stream behind the event, without a word. */
  | "end"
  /** A reset in the middle of the event. */
  | "reset"
  /** Half-open: nothing passes any more in either direction, and neither side is told. */
  | "silence";

interface Plan {
  readonly kind: Break;
  /** How many more events pass. */
  left: number;
  readonly onBreak: () => void;
}

/** `Close`, 1001 (going away). */
const GOODBYE = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

export class FrameProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #plans = new Map<string, Plan>();
  readonly #sockets = new Set<Socket>();
  readonly #links = new Map<string, Set<Link>>();
  /** While true nobody gets through: connections are reset as they come, or as they are used again. */
  isDown = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param targetPort Asked for each connection, since a server may come back elsewhere. */
  static async start(targetPort: () => number): Promise<FrameProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new FrameProxy(server);
    server.on("connection", (client) => proxy.#accept(client, targetPort()));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get url(): string {
    // why: it listens on TCP, so its address has a port.
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** Breaks a Worker's link once so many more events have passed. Resolves when that has happened. */
  async breakAfter(ref: WorkerRef, kind: Break, events: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#plans.set(workerApiPath(ref), { kind, left: events, onBreak: resolve });
    return promise;
  }

  /** Forgets a break that did not come about. */
  leave(ref: WorkerRef): void {
    this.#plans.delete(workerApiPath(ref));
  }

  /** Breaks all of a Worker's links now. */
  breakNow(ref: WorkerRef, kind: Break): void {
    for (const link of this.#links.get(workerApiPath(ref)) ?? []) link.break(kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket, port: number): void {
    if (this.isDown) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: "127.0.0.1", port, noDelay: true });
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      // Whatever ends one side ends the other; which error it was says nothing here.
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        if (!link?.isSilent) (socket === client ? server : client).destroy();
      });
    }
    let link: Link | undefined;
    client.once("data", (head) => {
      const worker = /^GET (\/\S+)\/events\/ws\?/.exec(head.toString("latin1"))?.[1];
      server.write(head);
      if (worker === undefined) {
        // A connection that is used again is as cut off as a new one.
        client.on("data", (bytes) => (this.isDown ? client.resetAndDestroy() : server.write(bytes)));
        client.on("end", () => server.end());
        server.pipe(client);
        return;
      }
      link = new Link(client, server, () => this.#plans.get(worker));
      const links = this.#links.get(worker) ?? new Set();
      this.#links.set(worker, links.add(link));
      const own = link;
      link.onEnd = (plan) => {
        links.delete(own);
        if (!plan) return;
        this.#plans.delete(worker);
        plan.onBreak();
      };
      client.once("close", () => links.delete(own));
    });
  }
}

/** One observation socket. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #plan: () => Plan | undefined;
  #pending: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #isUpgraded = false;
  isSilent = false;
  onEnd: (plan: Plan | undefined) => void = () => {};

  constructor(client: Socket, server: Socket, plan: () => Plan | undefined) {
    this.#client = client;
    this.#server = server;
    this.#plan = plan;
    client.on("data", (bytes) => this.isSilent || server.write(bytes));
    client.on("end", () => this.isSilent || server.end());
    server.on("data", (bytes) => this.#take(bytes));
    server.on("end", () => this.isSilent || client.end());
  }

  break(kind: Break, plan?: Plan, inside: Buffer = Buffer.alloc(0)): void {
    this.onEnd(plan);
    this.#server.removeAllListeners("data").resume();
    switch (kind) {
      case "goodbye":
        this.#client.end(GOODBYE);
        break;
      case "end":
        this.#client.end();
        break;
      case "reset":
        // The first half is on its way before the reset, though a reset may overtake it.
        this.#client.write(inside.subarray(0, inside.length / 2), () => this.#client.resetAndDestroy());
        break;
      case "silence":
        this.isSilent = true;
        return;
    }
    this.#server.destroy();
  }

  #take(bytes: Buffer): void {
    if (this.isSilent) return;
    this.#pending = Buffer.concat([this.#pending, bytes]);
    if (!this.#isUpgraded) {
      const end = this.#pending.indexOf("\r\n\r\n");
      if (end === -1) return;
      this.#isUpgraded = true;
      this.#pass(end + 4);
    }
    for (let size = frameSize(this.#pending); size !== undefined; size = frameSize(this.#pending)) {
      const frame = this.#pending.subarray(0, size);
      const plan = this.#plan();
      if (!plan || !isEvent(frame)) {
        this.#pass(size);
        continue;
      }
      if (plan.left === 0 && plan.kind === "reset") return this.break(plan.kind, plan, frame);
      if (plan.left === 0) return this.break(plan.kind, plan);
      plan.left -= 1;
      this.#pass(size);
    }
  }

  #pass(size: number): void {
    this.#client.write(this.#pending.subarray(0, size));
    this.#pending = this.#pending.subarray(size);
  }
}

/** Size of the first frame, or undefined while it is not whole. Servers don't mask. */
function frameSize(bytes: Buffer): number | undefined {
  const short = (bytes[1] ?? 0) & 0x7f;
  const head = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < head) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  return bytes.length < head + length ? undefined : head + length;
}

function isEvent(frame: Buffer): boolean {
  return frame.subarray(0, 40).includes('{"kind":"event"');
}
