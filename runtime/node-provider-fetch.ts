/**
 * Requests to a provider by Node's HTTP client.
 *
 * Owns what Node's own `fetch` does otherwise: it gives an answer up after 300 s without a byte, whatever the settings say,
 * and hands each piece of a stream through a dozen promises. A body that is no text, and a provider that sends the
 * request elsewhere, are left to `fetch`.
 */
import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { versions } from "node:process";
import { orAbort } from "./deadline.ts";
import type { ProviderFetch } from "./model/provider-fetch.ts";

/** How long a connection may take, with TLS and a proxy's tunnel: as long as Node's own `fetch` gives it. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** Pieces that have come and are not read yet, until the provider is slowed down. */
const MAX_PIECES_AHEAD = 16;

/** Statuses whose answers have none. */
const BODILESS: readonly number[] = [204, 205, 304];

/**
 * Has no time-out but for the connection: the run has the timers.
 *
 * @throws the system's error, where `fetch` has it as a cause
 */
export const httpFetch: ProviderFetch = (input, init = {}) => {
  const { body, method = "GET", signal } = init;
  if (typeof body !== "string" || input instanceof Request) return fetch(input, init);
  const url = new URL(input);
  const headers = new Headers(init.headers);
  // What is packed would have to be unpacked, piece by piece.
  headers.set("Accept-Encoding", "identity");
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  const sent = request(url, {
    method,
    headers: Object.fromEntries(headers),
    // Of itself it ends nothing but the opening of a tunnel, for which Node's agent has five seconds of its own.
    timeout: CONNECT_TIMEOUT_MS,
    ...(signal ? { signal } : {}),
  });
  const connecting = setTimeout(() => {
    const late = new Error("The connection timed out.");
    // The request alone may not tell of it: see below.
    reject(late);
    sent.destroy(late);
  }, CONNECT_TIMEOUT_MS);
  sent.on("socket", (socket) => {
    // One that was kept, or at whose end a tunnel is, is there already.
    if (!socket.connecting) clearTimeout(connecting);
    else socket.once(url.protocol === "https:" ? "secureConnect" : "connect", () => clearTimeout(connecting));
  });
  sent.on("error", reject);
  // A change of protocol that nobody asked for ends it with neither an error nor an answer: a run would never end.
  sent.on("close", () => reject(new Error("The connection was closed without an answer.")));
  sent.on("response", (message) => {
    try {
      if (isRedirect(message)) {
        // It knows what may be carried elsewhere, and asks from the beginning.
        message.destroy();
        resolve(fetch(input, init));
      } else {
        resolve(responseOf(message));
      }
    } catch (error) {
      message.destroy();
      reject(error);
    }
  });
  sent.end(body);
  // Behind a proxy the request hears of it only once there is a connection to the provider, which may never be.
  return orAbort(promise, signal ?? undefined).finally(() => clearTimeout(connecting));
};

/** What servers on Node ask providers with. Deno and Bun, whose HTTP client is another one, keep their own `fetch`. */
export const engineFetch = "deno" in versions || "bun" in versions ? undefined : httpFetch;

function isRedirect({ statusCode = 0, headers }: IncomingMessage): boolean {
  return statusCode >= 300 && statusCode < 400 && headers.location !== undefined;
}

/** @throws RangeError or TypeError where no answer may be so */
function responseOf(message: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(message.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  const status = message.statusCode ?? 0;
  if (!BODILESS.includes(status)) return new Response(bodyOf(message), { status, headers });
  message.resume();
  return new Response(null, { status, headers });
}

function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  // What has come by then is told all the same.
  let isCancelled = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        message.on("data", (piece: Uint8Array) => {
          if (isCancelled) return;
          controller.enqueue(piece);
          if ((controller.desiredSize ?? 0) <= 0) message.pause();
        });
        message.on("end", () => {
          if (!isCancelled) controller.close();
        });
        message.on("error", (error) => controller.error(error));
      },
      pull: () => void message.resume(),
      cancel() {
        isCancelled = true;
        message.destroy();
      },
    },
    { highWaterMark: MAX_PIECES_AHEAD },
  );
}
