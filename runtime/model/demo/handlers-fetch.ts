/**
 * A fetch that is answered by MSW handlers in this process: the real client, the real wire format, no network and no
 * interception. Owns the few manners of a network that a client relies on: aborts, and connections that fail.
 */
import type { RequestHandler } from "msw";
import { getResponse } from "msw/utils/get-response";
import type { ProviderFetch } from "../provider-fetch.ts";

/** Serves `handlers`. A request that none of them answers, or that gets `Response.error()`, fails like a lost connection. */
export function handlersFetch(handlers: readonly RequestHandler[]): ProviderFetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(request.signal.reason);
    request.signal.addEventListener("abort", onAbort, { once: true });
    try {
      request.signal.throwIfAborted();
      const response = await Promise.race([getResponse([...handlers], request), aborted]);
      if (!response || response.type === "error") throw new TypeError("fetch failed");
      return response;
    } finally {
      request.signal.removeEventListener("abort", onAbort);
    }
  };
}
