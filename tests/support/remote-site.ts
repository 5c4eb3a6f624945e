/**
 * A Runtime elsewhere: a process of its own, and a proxy that stands for the network before it.
 *
 * Owns both, the way from the proxy to wherever the process comes back, and what the process itself says of a Worker,
 * past the Backend.
 */
import type { RuntimeFrame } from "../../protocol/frame.ts";
import { ENGINES, RuntimeProcess } from "./runtime-process.ts";
import { RuntimeObserver } from "./runtime-observer.ts";
import type { Engine } from "./server-process.ts";
import { TcpProxy } from "./tcp-proxy.ts";

/** An event as a Runtime published it. */
export type PublishedEvent = Pick<Extract<RuntimeFrame, { kind: "event" }>["envelope"], "cursor" | "ts" | "payload">;

/** What a Runtime is started with. */
export interface SiteOptions {
  readonly id: string;
  readonly engine?: Engine;
  readonly environment?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** Where the process is now. */
interface Place {
  url: string;
}

/** Everything that a log keeps comes behind it. */
const OLDEST = "wo_0000000000000000";

/** The engine that is not this one, where it is here. */
export function otherEngine(engine: Engine): Engine {
  return ENGINES.find((other) => other !== engine) ?? engine;
}

/** A Runtime that can be killed and started again. */
export class RemoteSite implements AsyncDisposable {
  readonly id: string;
  readonly token: string;
  readonly proxy: TcpProxy;
  readonly #options: SiteOptions;
  readonly #place: Place;
  #process: RuntimeProcess;

  private constructor(options: SiteOptions, token: string, place: Place, process: RuntimeProcess, proxy: TcpProxy) {
    this.#options = options;
    this.id = options.id;
    this.token = token;
    this.#place = place;
    this.#process = process;
    this.proxy = proxy;
  }

  static async start(options: SiteOptions): Promise<RemoteSite> {
    const token = `token-of-${options.id}-0123456789`;
    const process = RemoteSite.#spawn(options, token);
    try {
      const place: Place = { url: await process.url() };
      const proxy = await TcpProxy.start(() => Number(new URL(place.url).port));
      return new RemoteSite(options, token, place, process, proxy);
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
    }
  }

  static #spawn({ id, engine, args = [], environment }: SiteOptions, token: string): RuntimeProcess {
    return new RuntimeProcess({
      ...(engine === undefined ? {} : { engine }),
      args: ["--id", id, "--bind", "127.0.0.1:0", ...args],
      environment: { YOI_RUNTIME_TOKEN: token, ...environment },
    });
  }

  /** Where the process listens, past the proxy. */
  get url(): string {
    return this.#place.url;
  }

  /** The Runtime's path in the Backend's API. */
  get path(): string {
    return `/api/runtimes/${this.id}`;
  }

  get output(): string {
    return this.#process.output;
  }

  /** Ends the process as a power cut does. */
  async kill(): Promise<void> {
    await this.#process.kill("SIGKILL");
  }

  /** Starts the process behind the proxy again, on another port: the former one may be somebody else's by now. */
  async start(): Promise<void> {
    this.#process = RemoteSite.#spawn(this.#options, this.token);
    this.#place.url = await this.#process.url();
  }

  /** All that the Runtime keeps of a Worker's events, oldest first, as it tells it itself. */
  async published(workerId: string): Promise<readonly PublishedEvent[]> {
    const headers = { Authorization: `Bearer ${this.token}` };
    await using observer = new RuntimeObserver(this.url, workerId, { cursor: OLDEST, heartbeat: true, headers });
    await observer.until(({ frames }) => frames.some(({ kind }) => kind === "heartbeat"), "the end of a Worker's log");
    return observer.events.map(({ envelope: { cursor, ts, payload } }) => ({ cursor, ts, payload }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
  }
}
