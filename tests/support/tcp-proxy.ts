/**
 * A TCP proxy that breaks links in the ways that networks do.
 *
 * Owns bytes only: it knows nothing of HTTP or WebSockets, so that what it breaks is broken below both. Who has to break a
 * link at a frame reads the bytes on their way (`read`).
 */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** Which way bytes go. */
export type Direction = "to_client" | "to_server";

/** How a connection ends: in order, though in the middle of something, or with a reset. */
export type Ending = "end" | "reset";

/** What happens to the bytes of a connection. */
export type ProxyMode =
  | { readonly kind: "pass" }
  /** The connection ends, without a word, once so many bytes have gone one way (to the client unless said). */
  | { readonly kind: "cut"; readonly afterBytes: number; readonly direction?: Direction; readonly by?: Ending }
  /** Both ways bytes arrive in pieces of so many. */
  | { readonly kind: "slice"; readonly bytes: number }
  /** What comes from the server reaches the client as noise. */
  | { readonly kind: "garble" }
  /** Half-open: bytes are taken and dropped, ends are not passed on, and neither side is told. */
  | { readonly kind: "swallow"; readonly directions: readonly Direction[] }
  /** Nobody gets through: the connection is reset as it comes. */
  | { readonly kind: "refuse" }
  /** What comes from the server is handed over; the reader passes it on. */
  | { readonly kind: "read"; readonly toClient: (bytes: Buffer, link: Link) => void };

const PASS: ProxyMode = { kind: "pass" };
/** Turns every byte into another one that is no text. */
const NOISE = 0xa5;
/** How much of what a client sends is remembered. */
const OPENING_CHARS = 8_192;
const BOTH: readonly Direction[] = ["to_client", "to_server"];

/** One connection through the proxy. */
export class Link {
  readonly #sockets: Readonly<Record<Direction, Socket>>;
  /** Bytes that may still go each way; negative when they have gone. */
  readonly #left: Record<Direction, number> = {
    to_client: Number.POSITIVE_INFINITY,
    to_server: Number.POSITIVE_INFINITY,
  };
  #swallowed: readonly Direction[] = [];
  #ending: Ending = "end";
  #sliceBytes = Number.POSITIVE_INFINITY;
  readonly #mode: ProxyMode;
  /** What the client sent first, as text: of a connection that is used again, several requests. */
  opening = "";

  constructor(client: Socket, server: Socket, mode: ProxyMode) {
    this.#sockets = { to_client: client, to_server: server };
    this.#mode = mode;
    if (mode.kind === "swallow") this.#swallowed = mode.directions;
    if (mode.kind === "slice") this.#sliceBytes = mode.bytes;
    if (mode.kind === "cut") this.cutAfter(mode.afterBytes, mode.direction, mode.by);
    this.#carry(client, server, "to_server");
    this.#carry(server, client, "to_client");
  }

  #carry(from: Socket, to: Socket, direction: Direction): void {
    const isSwallowed = () => this.#swallowed.includes(direction);
    from.on("data", (bytes: Buffer) => {
      if (direction === "to_server" && this.opening.length < OPENING_CHARS) this.opening += bytes.toString("latin1");
      if (!isSwallowed()) this.#pass(bytes, direction);
    });
    from.on("end", () => isSwallowed() || to.end());
    from.on("close", () => isSwallowed() || to.destroy());
    // How a connection breaks is told by its close.
    from.on("error", () => {});
  }

  #pass(bytes: Buffer, direction: Direction): void {
    const left = this.#left[direction];
    if (left < 0) return;
    const isLast = bytes.length >= left;
    const some = isLast ? bytes.subarray(0, left) : bytes;
    this.#left[direction] = isLast ? -1 : left - some.length;
    if (direction === "to_client" && this.#mode.kind === "read") this.#mode.toClient(some, this);
    else this.#write(some, direction);
    if (!isLast) return;
    if (this.#ending === "reset") return this.reset();
    const to = this.#sockets[direction];
    to.end(() => to.destroy());
    this.#sockets[direction === "to_client" ? "to_server" : "to_client"].destroy();
  }

  #write(bytes: Buffer, direction: Direction): void {
    const to = this.#sockets[direction];
    const sent = direction === "to_client" && this.#mode.kind === "garble" ? bytes.map((byte) => byte ^ NOISE) : bytes;
    if (sent.length <= this.#sliceBytes) return void to.write(sent);
    for (let from = 0; from < sent.length; from += this.#sliceBytes) {
      to.write(sent.subarray(from, from + this.#sliceBytes));
    }
  }

  /** Sends bytes to the client that a reader has taken. */
  sendToClient(bytes: Uint8Array): void {
    this.#sockets.to_client.write(bytes);
  }

  /** Ends the connection once so many more bytes have gone a way. */
  cutAfter(bytes: number, direction: Direction = "to_client", by: Ending = "end"): void {
    this.#left[direction] = bytes;
    this.#ending = by;
  }

  swallow(directions: readonly Direction[] = BOTH): void {
    this.#swallowed = directions;
  }

  slice(bytes: number): void {
    this.#sliceBytes = bytes;
  }

  /** Takes no more bytes that go these ways, so that they pile up with whoever sends them. */
  stall(directions: readonly Direction[] = BOTH): void {
    if (directions.includes("to_client")) this.#sockets.to_server.pause();
    if (directions.includes("to_server")) this.#sockets.to_client.pause();
  }

  /** Ends a stall: what has piled up goes on. */
  flow(): void {
    this.#sockets.to_client.resume();
    this.#sockets.to_server.resume();
  }

  reset(): void {
    this.#sockets.to_client.resetAndDestroy();
    this.#sockets.to_server.resetAndDestroy();
  }

  /** Ends the client's side in order, behind what was sent to it, and lets go of the server. */
  endClient(): void {
    this.#sockets.to_client.end();
    this.#sockets.to_server.destroy();
  }

  destroy(): void {
    this.#sockets.to_client.destroy();
    this.#sockets.to_server.destroy();
  }

  get isOpenAtServer(): boolean {
    return !this.#sockets.to_server.destroyed;
  }
}

/** A proxy in front of one port of this machine. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #all: Link[] = [];
  readonly #waiting: (() => void)[] = [];
  #choose: () => ProxyMode = () => PASS;

  readonly port: number;

  private constructor(server: Server) {
    this.#server = server;
    // why: it listens on TCP, so its address has a port.
    this.port = (server.address() as AddressInfo).port;
  }

  /** @param target The port behind it; a function is asked for each connection, since a server may come back elsewhere. */
  static async start(target: number | (() => number)): Promise<TcpProxy> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = new TcpProxy(server);
    const port = typeof target === "function" ? target : () => target;
    server.on("connection", (client) => proxy.#accept(client, port()));
    return proxy;
  }

  #accept(client: Socket, port: number): void {
    const mode = this.#choose();
    if (mode.kind === "refuse") {
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const target = connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: true });
    const link = new Link(client, target, mode);
    this.#links.add(link);
    this.#all.push(link);
    const hungUp = () => {
      if (!target.readableEnded && !target.destroyed) this.#waiting.splice(0).forEach((resolve) => resolve());
    };
    client.on("end", hungUp);
    client.on("close", hungUp);
    client.on("close", () => target.destroyed && this.#links.delete(link));
    target.on("close", () => client.destroyed && this.#links.delete(link));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The connections that are there, oldest first. */
  get links(): readonly Link[] {
    return [...this.#links];
  }

  /** How many connections the server behind it still holds open. */
  get openAtServer(): number {
    return this.links.filter((link) => link.isOpenAtServer).length;
  }

  /** How many connections there ever were whose client sent `words` first. */
  countOf(words: string): number {
    return this.#all.filter(({ opening }) => opening.includes(words)).length;
  }

  /** How many of those the server behind still holds open. */
  openOf(words: string): number {
    return this.#all.filter((link) => link.opening.includes(words) && link.isOpenAtServer).length;
  }

  /** What happens to connections from now on; those that are there stay as they are. A function chooses for each. */
  accept(mode: ProxyMode | (() => ProxyMode)): void {
    this.#choose = typeof mode === "function" ? mode : () => mode;
  }

  /** Resolves when a client closes a connection that the server still holds open, from now on. */
  clientClosed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Takes the bytes of the connections that are there, drops them and says nothing. New ones pass. */
  swallow(directions: readonly Direction[] = BOTH): void {
    for (const link of this.#links) link.swallow(directions);
  }

  /** Resets the connections that are there, on both sides. */
  reset(): void {
    for (const link of this.#links) link.reset();
    this.#links.clear();
  }

  /** Ends the connections that are there; new ones pass. */
  resume(): void {
    this.#choose = () => PASS;
    for (const link of this.#links) link.destroy();
    this.#links.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    this.#server.close();
    await once(this.#server, "close");
  }
}
