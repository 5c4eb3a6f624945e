/**
 * A WebSocket client by the `ws` package, on Node and on Deno alike.
 *
 * Owns the translation of its events. The platform's own client can neither send a header nor tell with which status an
 * upgrade was refused, and it can't ask whether the other end is still there.
 */
import { WebSocket, type ClientOptions } from "ws";
import type { ConnectWebSocket, SocketEnd } from "./websocket.ts";

const MAX_REFUSAL_CHARS = 8 * 1024;
const NORMAL = 1000;
/** How long a server that has sent a Close may take to let go of the connection. */
const CLOSE_TIMEOUT_MS = 500;
const ABNORMAL = 1006;

/** Opens sockets with `ws`. */
export const connectWs: ConnectWebSocket = (request, listener) => {
  let hasEnded = false;
  // The package's types do not know its `closeTimeout` yet.
  const options: ClientOptions & { readonly closeTimeout: number } = {
    headers: { ...request.headers },
    maxPayload: request.maxFrameBytes,
    perMessageDeflate: false,
    followRedirects: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
  };
  const socket = new WebSocket(request.url, options);

  const end = (reason: SocketEnd): void => {
    if (hasEnded) return;
    hasEnded = true;
    clearTimeout(handshake);
    listener.onEnd(reason);
  };
  // The package's own time-out begins anew with every byte that comes.
  const handshake = setTimeout(() => {
    end({ kind: "handshake_timeout" });
    socket.terminate();
  }, request.handshakeTimeoutMs);
  const unlessEnded = (call: () => void) => () => {
    if (!hasEnded) call();
  };

  let connection: { readonly bytesRead: number } | undefined;
  let heardBytes = 0;
  /** What comes after something whole, and is nothing whole yet, is a part of a message. */
  const heardWhole = (): void => {
    heardBytes = connection?.bytesRead ?? 0;
  };
  const hearSign = unlessEnded(() => {
    heardWhole();
    listener.onSign();
  });
  socket.on("upgrade", (response) => {
    connection = response.socket;
  });
  socket.on(
    "open",
    unlessEnded(() => {
      clearTimeout(handshake);
      heardWhole();
      listener.onOpen();
    }),
  );
  socket.on("ping", hearSign);
  socket.on("pong", hearSign);
  socket.on("message", (data, isBinary) => {
    if (hasEnded) return;
    heardWhole();
    if (isBinary || !("toString" in data)) listener.onBinary();
    // why: with the default binary type a message is one Buffer, whose text is its UTF-8.
    else listener.onText((data as { toString(): string }).toString());
  });
  socket.on("unexpected-response", (upgrade, response) => {
    let body = "";
    const refuse = (): void => {
      end({ kind: "refused", status: response.statusCode ?? 0, body });
      upgrade.destroy();
    };
    response.setEncoding("utf8");
    response.on("data", (text: string) => {
      body += text.slice(0, MAX_REFUSAL_CHARS - body.length);
      if (body.length >= MAX_REFUSAL_CHARS) refuse();
    });
    response.on("end", refuse);
    response.on("error", refuse);
    response.on("close", refuse);
  });
  socket.on("error", (error) => {
    // The close that follows waits for the other end, which may take its time.
    end(endOf(error));
    socket.terminate();
  });
  socket.on("close", (code) => {
    end(code === ABNORMAL ? { kind: "broken", error: null } : { kind: "closed", code });
  });

  return {
    ping: () => {
      if (socket.readyState !== WebSocket.OPEN) return;
      // A long message may take longer than anybody waits for a sign, and the answer to a ping comes behind it.
      const bytes = connection?.bytesRead ?? 0;
      if (bytes > heardBytes) listener.onPart();
      heardBytes = bytes;
      socket.ping();
    },
    pause: () => {
      if (socket.readyState === WebSocket.OPEN) socket.pause();
    },
    resume: () => {
      if (socket.readyState === WebSocket.OPEN) socket.resume();
    },
    discard() {
      if (hasEnded) return;
      hasEnded = true;
      clearTimeout(handshake);
      if (socket.readyState !== WebSocket.OPEN) return socket.terminate();
      // A proper goodbye, and then no waiting for the other end's.
      socket.close(NORMAL);
      socket.terminate();
    },
  };
};

function endOf(error: Error): SocketEnd {
  const code = "code" in error ? String(error.code) : "";
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return { kind: "too_large" };
  if (code.startsWith("WS_ERR_") || code.startsWith("HPE_") || /Sec-WebSocket|Upgrade header/i.test(error.message)) {
    return { kind: "not_websocket" };
  }
  return { kind: "broken", error };
}
