/**
 * The server as it is found through a proxy: its address and what lets the doctor in.
 */

/** Where a server is, from outside. */
export class Site {
  /** With a slash at its end, e.g. `https://a.example/yoi/`. */
  readonly base: URL;
  readonly #token: string | null;

  /** @param token The access token, or null where there is none. */
  constructor(url: URL, token: string | null) {
    this.base = new URL(url);
    this.base.search = "";
    this.base.hash = "";
    if (!this.base.pathname.endsWith("/")) this.base.pathname += "/";
    this.#token = token;
  }

  /** @param path Without a slash at its beginning, e.g. `api/workers`. */
  url(path: string): URL {
    return new URL(path, this.base);
  }

  /** The address of a socket. */
  socketUrl(path: string): URL {
    const url = this.url(path);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return url;
  }

  /** What lets a program in. */
  get headers(): Readonly<Record<string, string>> {
    return this.#token === null ? {} : { Authorization: `Bearer ${this.#token}` };
  }

  /** The form with which a person logs in; null: there is no token to log in with. */
  get loginForm(): string | null {
    return this.#token === null ? null : new URLSearchParams({ token: this.#token, next: "" }).toString();
  }
}
