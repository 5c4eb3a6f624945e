/**
 * Where a Runtime is and what lets the Backend in: the two secrets of its client.
 *
 * Owns the making of addresses and of the header, so that no other file holds either; whoever prints, logs or serialises
 * an endpoint sees a placeholder. Every address lies under the configured one.
 */

const PLACEHOLDER = "<backend-private>";

/** The address and the token of one Runtime. */
export class RuntimeEndpoint {
  readonly #base: URL;
  readonly #token: string | null;

  /**
   * @param baseUrl `http://` or `https://`, with a path where the Runtime stands behind one.
   * @param token What the Runtime expects as its bearer, or null where it expects none.
   * @throws TypeError where the address is none, or holds credentials, a query or a fragment
   */
  constructor(baseUrl: string, token: string | null) {
    const base = URL.parse(baseUrl);
    if (base === null || !/^https?:$/.test(base.protocol)) {
      throw new TypeError("Cannot make an endpoint: expected a URL that begins with http:// or https://");
    }
    if (base.username !== "" || base.password !== "") {
      throw new TypeError("Cannot make an endpoint: expected a URL without a user or a password");
    }
    if (base.search !== "" || base.hash !== "") {
      throw new TypeError("Cannot make an endpoint: expected a URL without ? and #");
    }
    if (!base.pathname.endsWith("/")) base.pathname += "/";
    this.#base = base;
    this.#token = token;
  }

  /** The address of a route. Its segments are percent-encoded: an id can't leave its place. */
  url(segments: readonly string[], query: Readonly<Record<string, string>> = {}): URL {
    const url = new URL(this.#base);
    url.pathname += segments.map(encodeURIComponent).join("/");
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  /** The same as a WebSocket's address. */
  webSocketUrl(segments: readonly string[], query: Readonly<Record<string, string>> = {}): URL {
    const url = this.url(segments, query);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return url;
  }

  /** The headers that let a request in. */
  get headers(): Readonly<Record<string, string>> {
    return this.#token === null ? {} : { Authorization: `Bearer ${this.#token}` };
  }

  toJSON(): string {
    return PLACEHOLDER;
  }

  toString(): string {
    return PLACEHOLDER;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return PLACEHOLDER;
  }

  [Symbol.for("Deno.customInspect")](): string {
    return PLACEHOLDER;
  }
}
