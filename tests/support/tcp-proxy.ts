/**
 * A TCP proxy that breaks links in the ways that networks do.
 *
 * Owns bytes only: it knows nothing of HTTP or WebSockets, so that what it breaks is broken below both.
 */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** Which way bytes go. */
export type Direction = "to_client" | "to_server";

/** What happens to the bytes of a connection. */
export type ProxyMode =
  | { readonly kind: "pass" }
  /** The connection ends, without a word, once so many bytes have gone to the client. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** What comes from the server reaches the client byte by byte. */
  | { readonly kind: "trickle" }
  /** What comes from the server reaches the client as noise. */
  | { readonly kind: "garble" }
  /** Half-open: bytes are taken and dropped, ends are not passed on, and neither side is told. */
  | { readonly kind: "swallow"; readonly directions: readonly Direction[] };

const PASS: ProxyMode = { kind: "pass" };
/** Turns every byte into another one that is no text. */
const NOISE = 0xa5;
const BOTH: readonly Direction[] = ["to_client", "to_server"];

/** One connection through the proxy. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  #swallowed: readonly Direction[];
  #bytesLeft: number;
  readonly #kind: ProxyMode["kind"];
  /** What the client sent first, as text. */
  opening = "";

  constructor(client: Socket, server: Socket, mode: ProxyMode) {
    this.#client = client;
    this.#server = server;
    this.#kind = mode.kind;
    this.#swallowed = mode.kind === "swallow" ? mode.directions : [];
    this.#bytesLeft = mode.kind === "cut" ? mode.afterBytes : Number.POSITIVE_INFINITY;
    this.#carry(client, server, "to_server");
    this.#carry(server, client, "to_client");
  }

  #carry(from: Socket, to: Socket, direction: Direction): void {
    const isSwallowed = () => this.#swallowed.includes(direction);
    from.on("data", (bytes: Buffer) => {
      if (direction === "to_server" && this.opening === "") this.opening = bytes.toString("latin1");
      if (isSwallowed()) return;
      if (direction === "to_server") to.write(bytes);
      else this.#toClient(bytes);
    });
    from.on("end", () => isSwallowed() || to.end());
    from.on("close", () => isSwallowed() || to.destroy());
    from.on("error", () => {});
  }

  #toClient(bytes: Buffer): void {
    if (bytes.length < this.#bytesLeft) {
      this.#bytesLeft -= bytes.length;
      this.#write(bytes);
      return;
    }
    this.#client.end(bytes.subarray(0, this.#bytesLeft));
    this.#bytesLeft = 0;
    this.#server.destroy();
  }

  #write(bytes: Buffer): void {
    if (this.#kind === "trickle") for (const byte of bytes) this.#client.write(Uint8Array.of(byte));
    else this.#client.write(this.#kind === "garble" ? bytes.map((byte) => byte ^ NOISE) : bytes);
  }

  swallow(directions: readonly Direction[]): void {
    this.#swallowed = directions;
  }

  reset(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }

  destroy(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  get isOpenAtServer(): boolean {
    return !this.#server.destroyed;
  }
}

/** A proxy in front of one port of this machine. */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #all: Link[] = [];
  #choose: () => ProxyMode = () => PASS;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    const proxy = new TcpProxy(server);
    server.on("connection", (client) => {
      const target = connect({ host: "127.0.0.1", port: targetPort, noDelay: true, allowHalfOpen: true });
      const link = new Link(client, target, proxy.#choose());
      proxy.#links.add(link);
      proxy.#all.push(link);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get port(): number {
    // why: it listens on TCP, so its address has a port.
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** How many connections the server behind it still holds open. */
  get openAtServer(): number {
    return [...this.#links].filter((link) => link.isOpenAtServer).length;
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
