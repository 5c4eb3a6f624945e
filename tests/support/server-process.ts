/**
 * The server as a process of its own, started as an operator starts it.
 *
 * Owns the process: its environment, what it prints, its signals and its end. Both engines run
 * the built output. Whoever starts one disposes of it; what is left over dies with
 * this process.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { makeDataFolder, removeDataFolder } from "./data-folder.ts";
import { DEADLINE_MS, within } from "./within.ts";

/** What runs a server. */
export type Engine = "node" | "deno";

/** The engine that runs the tests: servers run on it too unless a test says otherwise. */
export const testEngine: Engine = "deno" in process.versions ? "deno" : "node";

/** How a server is started. */
export interface ServerOptions {
  readonly engine?: Engine;
  /** In the engine's place, for what only this program can show. */
  readonly program?: string;
  /**
   * On top of the machine's own environment, which brings none of the project's settings. Data goes to a folder that ends
   * with the process, unless one is named.
   */
  readonly environment?: Readonly<Record<string, string>>;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Node, whatever else is tried. */
export const nodeProgram = testEngine === "node" ? process.execPath : `${root}node_modules/.bin/node`;

/** What runs the built output: Node, or what is to be tried in its place, as Bun by `npm test -- contract-bun`. */
export const builtProgram = process.env["TEST_BUILT_PROGRAM"] ?? nodeProgram;

/** The machine's environment without settings of the project that happen to stand in it. */
function machineEnvironment(): Record<string, string> {
  const isSetting = (name: string) => name.startsWith("YOI_") || name.startsWith("OPENAI_");
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || isSetting(name) ? [] : [[name, value]],
    ),
  );
}

/** The program of an engine and its first words. */
export function commandOf(engine: Engine): readonly [string, ...string[]] {
  if (engine === "node") return [builtProgram, "dist/server/node.js"];
  const script = ["run", "-A", "dist/server/deno.js"];
  return engine === testEngine ? [process.execPath, ...script] : [process.execPath, "scripts/deno.mjs", ...script];
}

/**
 * A free port; no wait for runs at the end; a log of nothing but what nobody expects, so that it stays empty; and answers
 * in as many events as they have pieces, however fast a test lets them come.
 */
const OWN_ENVIRONMENT = {
  YOI_PORT: "0",
  YOI_SHUTDOWN_GRACE_MS: "0",
  YOI_LOG_LEVEL: "error",
  YOI_DELTA_INTERVAL_MS: "0",
};

const running = new Set<ChildProcess>();
const killAll = () => running.forEach((child) => child.kill("SIGKILL"));
process.on("exit", killAll);
// A test runner that goes away takes its channel with it.
process.on("disconnect", killAll);

/** A process that has been started, whether or not it serves. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly exited: Promise<Exit>;
  #stdout = "";
  #stderr = "";
  #url: string | null = null;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    running.add(child);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.exited = once(child, "close").then(([code, signal]: (number | string | null)[]) => {
      running.delete(child);
      removeDataFolder(folder);
      return { code: code === null ? null : Number(code), signal: signal === null ? null : String(signal) };
    });
    this.exited.catch(() => running.delete(child));
  }

  /** Starts the process and leaves it to itself: it may serve, or end at once. */
  static spawn({ engine = testEngine, program: chosen, environment = {} }: ServerOptions = {}): ServerProcess {
    if (!existsSync(`${root}dist/sources.sha256`)) throw new Error("Cannot start a server: npm run build comes first");
    const [program, ...args] = commandOf(engine);
    const folder = makeDataFolder();
    const env = { ...machineEnvironment(), ...OWN_ENVIRONMENT, YOI_DATA_DIR: folder, ...environment };
    return new ServerProcess(
      spawn(chosen ?? program, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] }),
      folder,
    );
  }

  /** Starts a server and waits until it has announced where it is. */
  static async start(options: ServerOptions = {}): Promise<ServerProcess> {
    const server = ServerProcess.spawn(options);
    try {
      server.#url = await within(server.#announced(), () => `a server to listen; it said ${server.output}`);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #announced(): Promise<string> {
    const listening = Promise.withResolvers<string>();
    const look = () => {
      const url = / is at (http:\S+)\n/.exec(this.#stdout)?.[1];
      if (url !== undefined) listening.resolve(url);
    };
    this.#child.stdout?.on("data", look);
    void this.exited.finally(() => listening.reject(new Error(`The server ended before it listened: ${this.output}`)));
    try {
      return await listening.promise;
    } finally {
      this.#child.stdout?.off("data", look);
    }
  }

  /** Where it serves, e.g. `http://127.0.0.1:40123`. */
  get url(): string {
    if (this.#url === null) throw new Error("Cannot name the server's address: it does not serve");
    return this.#url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** All that it has printed. */
  get output(): string {
    return this.#stdout + this.#stderr;
  }

  /** Sends a signal and waits for the end. */
  async kill(signal: NodeJS.Signals = "SIGTERM", deadlineMs: number = DEADLINE_MS): Promise<Exit> {
    // Not by the child's own method: Deno's then reports the signal as the cause of any end.
    if (this.#child.exitCode === null && this.#child.signalCode === null) process.kill(this.pid, signal);
    return within(this.exited, () => `the server to end after ${signal}; it said ${this.output}`, deadlineMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill("SIGKILL");
  }
}
