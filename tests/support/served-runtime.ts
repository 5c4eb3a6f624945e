/**
 * A Runtime of this process behind its two faces, on a port, and the client of it: all bytes go through real sockets.
 *
 * Owns the server, and the account of what is under way between both ends: frames that were sent and have not come,
 * requests that have not arrived, answers that have not been read. Whoever waits for that account to be even needs no
 * pause.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve, upgradeWebSocket } from "@hono/node-server";
import type { Hono } from "hono";
import type { UpgradeWebSocket, WSEvents } from "hono/ws";
import { WebSocketServer } from "ws";
import { systemClock, type Clock } from "../../runtime/clock.ts";
import { DEFAULT_OBSERVATION_LIMITS } from "../../runtime/observation/limits.ts";
import { observationRoutes } from "../../runtime/observation/observation-routes.ts";
import { RuntimeEndpoint } from "../../runtime/remote/endpoint.ts";
import { DEFAULT_REMOTE_LIMITS } from "../../runtime/remote/limits.ts";
import { createRemoteRuntime } from "../../runtime/remote/remote.ts";
import type { ConnectWebSocket } from "../../runtime/remote/websocket.ts";
import { connectWs } from "../../runtime/remote/ws-client.ts";
import { createRestApp } from "../../runtime/rest/rest-app.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { settle } from "./manual-clock.ts";

/** Carries a socket's number from the client to the server. */
const SOCKET_HEADER = "x-test-socket";
const TOKEN = "token-of-the-served-runtime";
/** Rounds in which nothing may have moved: a round lets each end handle what has come. */
const QUIET_ROUNDS = 4;

interface SocketAccount {
  sent: number;
  received: number;
  isOpening: boolean;
  isOpenAtServer: boolean;
  isGone: boolean;
}

/** What is under way. */
class Account {
  readonly #sockets: SocketAccount[] = [];
  /** Observations that have not come to open their socket. */
  readonly #starting: symbol[] = [];
  #asked = 0;
  #arrived = 0;
  #answered = 0;
  #read = 0;

  /** Counts a server's requests and answers. */
  countServer(fetch: (request: Request, env: object) => Response | Promise<Response>): typeof fetch {
    return async (request, env) => {
      const isUpgrade = request.headers.get("upgrade") !== null;
      if (isUpgrade) return fetch(request, env);
      this.#arrived += 1;
      const response = await fetch(request, env);
      this.#answered += 1;
      return response;
    };
  }

  /** Counts a client's requests. */
  readonly fetch: typeof fetch = async (input, init) => {
    this.#asked += 1;
    try {
      const response = await globalThis.fetch(input, init);
      const bytes = await response.arrayBuffer();
      return new Response(bytes, response);
    } finally {
      this.#read += 1;
    }
  };

  /** Counts a server's sockets and frames. */
  readonly upgrade: UpgradeWebSocket = ((create: (context: never) => WSEvents | Promise<WSEvents>) =>
    upgradeWebSocket(async (context) => {
      const events = await create(context as never); // why: handed through as it came
      const socket = this.#sockets[Number(context.req.header(SOCKET_HEADER))];
      // A client of a test's own is not in the account.
      if (socket === undefined) return events;
      return {
        ...events,
        onOpen(event, raw) {
          socket.isOpenAtServer = true;
          const send = raw.send.bind(raw);
          raw.send = (data, options) => {
            socket.sent += 1;
            send(data, options);
          };
          events.onOpen?.(event, raw);
        },
        onClose(event, raw) {
          socket.isOpenAtServer = false;
          events.onClose?.(event, raw);
        },
      };
    })) as unknown as UpgradeWebSocket; // why: the helper's overloads take the same callback

  /** Counts a client's observations from their first moment on. */
  observe(remote: Runtime): Runtime["observe"] {
    const starting = this.#starting;
    return async function* (workerId, options) {
      const start = Symbol(workerId);
      starting.push(start);
      try {
        yield* remote.observe(workerId, options);
      } finally {
        if (starting.includes(start)) starting.splice(starting.indexOf(start), 1);
      }
    };
  }

  /** Counts a client's sockets and frames. */
  readonly connect: ConnectWebSocket = (request, listener) => {
    this.#starting.shift();
    const socket: SocketAccount = { sent: 0, received: 0, isOpening: true, isOpenAtServer: false, isGone: false };
    this.#sockets.push(socket);
    const headers = { ...request.headers, [SOCKET_HEADER]: String(this.#sockets.length - 1) };
    const client = connectWs(
      { ...request, headers },
      {
        onOpen() {
          socket.isOpening = false;
          listener.onOpen();
        },
        onText(text) {
          socket.received += 1;
          listener.onText(text);
        },
        onBinary: () => listener.onBinary(),
        onSign: () => listener.onSign(),
        onPart: () => listener.onPart(),
        onEnd(end) {
          socket.isOpening = false;
          socket.isGone = true;
          listener.onEnd(end);
        },
      },
    );
    return {
      ping: () => client.ping(),
      pause: () => client.pause(),
      resume: () => client.resume(),
      discard() {
        socket.isOpening = false;
        socket.isGone = true;
        client.discard();
      },
    };
  };

  get #isEven(): boolean {
    if (this.#starting.length > 0 || this.#asked !== this.#arrived || this.#answered > this.#read) return false;
    return this.#sockets.every(({ sent, received, isOpening, isOpenAtServer, isGone }) =>
      isGone ? !isOpenAtServer : !isOpening && isOpenAtServer && sent === received,
    );
  }

  get #moves(): number {
    return this.#sockets.reduce(
      (total, { sent, received }) => total + sent + received,
      this.#asked + this.#arrived + this.#answered + this.#read + this.#sockets.length,
    );
  }

  /** Resolves when nothing is under way any more. */
  async even(): Promise<void> {
    for (let quiet = 0, moves = -1; quiet < QUIET_ROUNDS;) {
      await settle();
      const isQuiet = this.#isEven && this.#moves === moves;
      moves = this.#moves;
      quiet = isQuiet ? quiet + 1 : 0;
    }
  }
}

/** A Runtime behind its faces, and its client. */
export interface ServedRuntime extends AsyncDisposable {
  readonly remote: Runtime;
  readonly port: number;
  readonly token: string;
  /** Resolves when nothing is under way any more between both ends. */
  even(): Promise<void>;
}

/** Serves a Runtime and connects to it. The faces' timers are those of `clock`. */
export async function serveRuntime(runtime: Runtime, clock: Clock = systemClock): Promise<ServedRuntime> {
  const account = new Account();
  const onUnexpected = (error: unknown) => console.error(error);
  const observation = observationRoutes({
    runtime,
    upgradeWebSocket: account.upgrade,
    clock,
    limits: DEFAULT_OBSERVATION_LIMITS,
    onUnexpected,
  });
  const limits = { maxTranscriptItems: 256, maxEntries: 256 };
  const app: Hono = createRestApp({ runtime, token: TOKEN, limits, observation, onUnexpected });
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server = serve({
    fetch: account.countServer((request, env) => app.fetch(request, env)),
    hostname: "127.0.0.1",
    port: 0,
    websocket: { server: sockets },
  });
  await once(server, "listening");
  // why: it listens on TCP, so its address has a port.
  const { port } = server.address() as AddressInfo;
  const remote = createRemoteRuntime({
    runtimeId: runtime.runtimeId,
    peerId: runtime.runtimeId,
    displayName: "Served",
    endpoint: new RuntimeEndpoint(`http://127.0.0.1:${port}`, TOKEN),
    limits: DEFAULT_REMOTE_LIMITS,
    fetch: account.fetch,
    connectWebSocket: account.connect,
    clock: systemClock,
  });
  return {
    remote: { ...remote, observe: account.observe(remote) },
    port,
    token: TOKEN,
    even: () => account.even(),
    async [Symbol.asyncDispose]() {
      await remote[Symbol.asyncDispose]();
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
    },
  };
}
