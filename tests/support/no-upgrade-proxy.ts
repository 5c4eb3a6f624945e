/**
 * An HTTP proxy that passes everything on but upgrades, as many do until they are told otherwise.
 *
 * Owns whole requests and answers, each piece at once, and the cutting of those that are open.
 */
import { once } from "node:events";
import { createServer, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A proxy in front of a server of this machine. */
export class NoUpgradeProxy implements AsyncDisposable {
  readonly #server: Server;
  /** What is being answered, with its path. */
  readonly #open = new Map<ServerResponse, string>();
  /** Paths of the requests that were passed on. */
  readonly passed: string[] = [];
  refusedUpgrades = 0;

  private constructor(port: number) {
    this.#server = createServer((incoming, outgoing) => {
      const { method, url = "/", headers } = incoming;
      this.passed.push(url);
      this.#open.set(outgoing, url);
      const onward = request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
        answer.on("error", () => outgoing.destroy());
      });
      onward.on("error", () => outgoing.destroy());
      outgoing.on("close", () => (this.#open.delete(outgoing), onward.destroy()));
      incoming.pipe(onward);
    });
    this.#server.on("upgrade", (_request, socket) => {
      this.refusedUpgrades += 1;
      socket.on("error", () => {});
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
  }

  static async start(port: number): Promise<NoUpgradeProxy> {
    const proxy = new NoUpgradeProxy(port);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    // why: a TCP server that listens has an address of its own kind.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks off what is being answered, of all paths or of some. @returns how many answers that were */
  cut(isMeant: (path: string) => boolean = () => true): number {
    const answers = [...this.#open].filter(([, path]) => isMeant(path));
    for (const [answer] of answers) {
      // It is told of its end later, and is not to be counted again until then.
      this.#open.delete(answer);
      answer.destroy();
    }
    return answers.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
