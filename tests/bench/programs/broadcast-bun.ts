/**
 * A peer of the fan-out: Bun's own publishing, on Bun.
 *
 * Owns a server whose topics are Bun's.
 */
import { control, topicOf } from "./publisher.ts";

const HOSTNAME = "127.0.0.1";

interface BunSocket {
  readonly data: { readonly topic: string };
  subscribe(topic: string): void;
  send(text: string): void;
}

interface BunServer {
  readonly port: number;
  upgrade(request: Request, options: { readonly data: BunSocket["data"] }): boolean;
  publish(topic: string, text: string): void;
}

interface BunEngine {
  serve(options: {
    readonly hostname: string;
    readonly port: number;
    readonly fetch: (request: Request) => Response | undefined;
    readonly websocket: {
      readonly perMessageDeflate: boolean;
      readonly open: (socket: BunSocket) => void;
      readonly message: () => void;
    };
  }): BunServer;
}

/** Listens on a free port and greets viewers with one frame. */
export function start(): void {
  const { Bun } = globalThis as unknown as { Bun: BunEngine }; // why: the bench is checked with Node's types
  const server = Bun.serve({
    hostname: HOSTNAME,
    port: 0,
    fetch: (request) => {
      const isUpgraded = server.upgrade(request, { data: { topic: topicOf(request.url) } });
      return isUpgraded ? undefined : new Response(null, { status: 426 });
    },
    websocket: {
      perMessageDeflate: false,
      open(socket) {
        socket.subscribe(socket.data.topic);
        socket.send("{}");
      },
      message() {},
    },
  });
  control({
    url: `ws://${HOSTNAME}:${server.port}/`,
    publish: (topic, event) => server.publish(topic, JSON.stringify(event)),
  });
}
