/**
 * A WebSocket that a test opens, feeds and closes by hand. `fakeWebSockets()` gives the constructor and, in order, every
 * socket that was made with it.
 */

export class FakeWebSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  binaryType: BinaryType = "blob";
  readyState = 0;
  /** What the page closed it with. */
  closedWith: number | undefined;
  readonly sent: unknown[] = [];
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(code = 1000): void {
    this.closedWith = code;
    this.readyState = this.CLOSING;
  }

  /** The handshake succeeded. */
  open(): void {
    this.readyState = this.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  /** The server sent a frame. */
  frame(value: unknown): void {
    this.dispatchEvent(
      new MessageEvent("message", { data: typeof value === "string" ? value : JSON.stringify(value) }),
    );
  }

  /** Some of a frame has come, of which only a stream in a socket's place tells. */
  progress(): void {
    this.dispatchEvent(new Event("progress"));
  }

  /** The link broke, or the server closed it. */
  end(code = 1006): void {
    this.readyState = this.CLOSED;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason: "", wasClean: code !== 1006 }));
  }
}

export function fakeWebSockets() {
  const sockets: FakeWebSocket[] = [];
  class Recorded extends FakeWebSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }
  return {
    sockets,
    // why: the fake has the members that a reconnecting socket uses, not all of the browser's.
    WebSocket: Recorded as unknown as new (url: string) => WebSocket,
    newest(): FakeWebSocket {
      const socket = sockets.at(-1);
      if (!socket) throw new Error("Cannot name the newest socket: none was made");
      return socket;
    },
  };
}
