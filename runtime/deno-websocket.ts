/**
 * WebSockets on Deno.
 *
 * Owns the adapter from `Deno.upgradeWebSocket` to Hono's helper, and which sockets are open. Deno invalidates the
 * request with the upgrade, so everything is read before it.
 */
import { defineWebSocketHelper, WSContext, type WSEvents } from "hono/ws";
import { SOCKET_IDLE_TIMEOUT_S } from "./edge-limits.ts";

/** The sockets of one server. */
export class DenoWebSockets {
  readonly #open = new Set<WebSocket>();

  /** Turns a request into a WebSocket. */
  readonly upgradeWebSocket = defineWebSocketHelper<WebSocket>((context, events) => {
    const { socket, response } = Deno.upgradeWebSocket(context.req.raw, { idleTimeout: SOCKET_IDLE_TIMEOUT_S });
    this.#open.add(socket);
    socket.addEventListener("close", () => this.#open.delete(socket));
    connect(socket, events);
    return response;
  });

  /** Resolves when every socket has been closed by both sides. */
  async closed(): Promise<void> {
    const closing = (socket: WebSocket) => new Promise((resolve) => socket.addEventListener("close", resolve));
    await Promise.all(Array.from(this.#open, closing));
  }
}

function connect(socket: WebSocket, events: WSEvents<WebSocket>): void {
  const viewer = new WSContext<WebSocket>({
    raw: socket,
    send: (data) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(data);
    },
    close: (code, reason) => socket.close(code, reason),
    get readyState() {
      // why: the DOM types the state as a number; the four states are the standard's.
      return socket.readyState as 0 | 1 | 2 | 3;
    },
  });
  socket.addEventListener("open", (event) => events.onOpen?.(event, viewer));
  socket.addEventListener("message", (event) => events.onMessage?.(event, viewer));
  socket.addEventListener("close", (event) => events.onClose?.(event, viewer));
  socket.addEventListener("error", (event) => events.onError?.(event, viewer));
}
