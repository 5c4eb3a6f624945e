/**
 * The Runtime as a process of its own, started as an operator starts it.
 *
 * Owns the process: its command line, its environment, what it prints, its signals and its end. Both engines run
 * the built output. Whoever starts one disposes of it; what is left over dies with this process.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { makeDataFolder, removeDataFolder } from "./data-folder.ts";
import { builtProgram, testEngine, type Engine, type Exit } from "./server-process.ts";
import { within } from "./within.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const running = new Set<ChildProcess>();
const killAll = () => running.forEach((child) => child.kill("SIGKILL"));
process.on("exit", killAll);
process.on("disconnect", killAll);

/** The program of an engine, whether or not it is there. */
function programOf(engine: Engine): string {
  if (engine === "node") return builtProgram;
  if (engine === testEngine) return process.execPath;
  const libc = process.platform === "linux" ? "-glibc" : "";
  return `${root}node_modules/@deno/${process.platform}-${process.arch}${libc}/deno`;
}

/** The engines that are here. */
export const ENGINES: readonly Engine[] = (["node", "deno"] as const).filter((engine) => existsSync(programOf(engine)));

function commandOf(engine: Engine): readonly [string, ...string[]] {
  const script = engine === "deno" ? "dist/server/deno-runtime.js" : "dist/server/runtime.js";
  if (!existsSync(`${root}${script}`)) throw new Error("Cannot start a Runtime: npm run build comes first");
  return engine === "deno" ? [programOf(engine), "run", "-A", script] : [programOf(engine), script];
}

function machineEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => {
      return entry[1] !== undefined && !/^(?:YOI|OPENAI)_/.test(entry[0]);
    }),
  );
}

/** How a Runtime is started. It takes a free port, and a data folder that ends with it, unless told otherwise. */
export interface RuntimeProcessOptions {
  readonly engine?: Engine;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A process that has been started, whether or not it serves. */
export class RuntimeProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly exited: Promise<Exit>;
  #output = "";
  #look = () => {};

  constructor({ engine = testEngine, args = [], environment = {} }: RuntimeProcessOptions = {}) {
    const [program, ...script] = commandOf(engine);
    const folder = makeDataFolder();
    const own = {
      YOI_RUNTIME_BIND: "127.0.0.1:0",
      YOI_RUNTIME_DATA_DIR: folder,
      YOI_DEMO_PACE: "0",
      YOI_SHUTDOWN_GRACE_MS: "0",
      YOI_LOG_LEVEL: "error",
      YOI_DELTA_INTERVAL_MS: "0",
    };
    const env = { ...machineEnvironment(), ...own, ...environment };
    this.#child = spawn(program, [...script, ...args], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    running.add(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        this.#look();
      });
    }
    this.exited = once(this.#child, "close").then(([code, signal]: (number | string | null)[]) => {
      running.delete(this.#child);
      removeDataFolder(folder);
      return { code: code === null ? null : Number(code), signal: signal === null ? null : String(signal) };
    });
  }

  /** All that it has printed. */
  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Where it serves, when it has said so. */
  async url(): Promise<string> {
    const found = Promise.withResolvers<string>();
    this.#look = () => {
      const url = /^Runtime \S+ is at (http:\S+)\n/m.exec(this.#output)?.[1];
      if (url !== undefined) found.resolve(url);
    };
    this.#look();
    void this.exited.then(() => found.reject(new Error(`The Runtime ended before it listened: ${this.#output}`)));
    return within(found.promise, () => `a Runtime to listen; it said ${this.#output}`);
  }

  /** Takes nothing more of its log, as where whoever read it has ended. */
  leaveLog(): void {
    this.#child.stderr?.destroy();
  }

  /** Its end, waited for. */
  end(): Promise<Exit> {
    return within(this.exited, () => `the Runtime to end; it said ${this.#output}`);
  }

  /** Sends a signal and waits for the end. */
  kill(signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> {
    // By its number: Deno's own `kill()` remembers the signal as the end, however the process ended.
    if (this.#child.pid !== undefined && running.has(this.#child)) process.kill(this.#child.pid, signal);
    return this.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill("SIGKILL");
  }
}
