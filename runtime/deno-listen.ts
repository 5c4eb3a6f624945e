/**
 * Listening on Deno.
 *
 * Owns Deno's HTTP server around an app, from its start to its end.
 */
import { deadline } from "./deadline.ts";
import type { DenoEnv } from "./deno-peer.ts";
import { DenoWebSockets } from "./deno-websocket.ts";
import { CLOSE_TIMEOUT_MS } from "./edge-limits.ts";
import type { Listening, ListenOptions } from "./rest/listener.ts";
import { ConfigError } from "./settings.ts";

/** Serves an app on Deno. See `Listen`. */
export function listen({ host, port, createApp }: ListenOptions): Promise<Listening> {
  const sockets = new DenoWebSockets();
  const app = createApp(sockets.upgradeWebSocket);
  const listening = Promise.withResolvers<Listening>();
  const onListen = ({ hostname, port: actualPort }: Deno.NetAddr): void => {
    const name = hostname.includes(":") ? `[${hostname}]` : hostname;
    listening.resolve({
      url: `http://${name}:${actualPort}`,
      async close() {
        // First: a shutdown says goodbye to sockets in its own words, before the app's own have gone out.
        await deadline(sockets.closed(), CLOSE_TIMEOUT_MS);
        await deadline(server.shutdown(), CLOSE_TIMEOUT_MS);
      },
    });
  };
  let server: Deno.HttpServer;
  try {
    server = Deno.serve({ hostname: host, port, onListen }, (request, { remoteAddr }) => {
      const env: DenoEnv = { remoteAddress: remoteAddr.hostname };
      return app.fetch(request, env);
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : "no address";
    listening.reject(new ConfigError(`Cannot start: ${reason}`, { cause: error }));
  }
  return listening.promise;
}
