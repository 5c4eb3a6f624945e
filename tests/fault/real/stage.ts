/**
 * A stage: a workspace server, a Runtime process and a provider, with a network of ours between them.
 *
 * Owns the processes, their folders and their settings, who is up and since when. Processes come back on other ports, as
 * the proxies before them look where they are; what they keep, they keep in the same folders.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import * as z from "zod/mini";
import { RuntimeProcess } from "../../support/runtime-process.ts";
import { ServerProcess } from "../../support/server-process.ts";
import { TcpProxy } from "../../support/tcp-proxy.ts";
import { within } from "../../support/within.ts";
import { Provider } from "./provider.ts";

const run = promisify(execFile);

/** What a stage is set up for. */
export interface StageOptions {
  /** Settings of both processes, on top of the stage's own. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The Runtime's id in the workspace. */
export const REMOTE_ID = "lab";
export const HEARTBEAT_MS = 100;
/** One address is every viewer there is. */
const ANY_NUMBER = {
  YOI_COMMANDS_PER_MINUTE: "0",
  YOI_CONNECTS_PER_MINUTE: "0",
  YOI_MAX_VIEWERS_PER_CLIENT: "10000",
};

const CALM_DEADLINE_MS = 20_000;
const LOOK_AGAIN_MS = 5;
/** What opens the Runtime. */
export const TOKEN = "token-of-the-lab-0123456789";
/** Nobody listens there. */
const NOWHERE = 1;
const RESTARTABLE_SETTINGS = {
  YOI_BETWEEN_CHUNKS_TIMEOUT_MS: "400",
  YOI_FIRST_TOKEN_TIMEOUT_MS: "5000",
};

const Memory = z.object({ heapUsed: z.number(), external: z.number(), rss: z.number() });
/** A process's memory after a collection, in bytes. */
export type Memory = z.infer<typeof Memory>;

/** Which process. */
export type Role = "backend" | "runtime";

export class Stage implements AsyncDisposable {
  readonly provider: Provider;
  /** Between both Runtimes and the provider. */
  readonly providerLink: TcpProxy;
  /** Between the Backend and the Runtime process. */
  readonly runtimeLink: TcpProxy;
  /** Since when each process has been up, on the monotonic clock; null while it is not. */
  /** How long each start of a process took, in milliseconds: what this machine is like at present. */
  readonly startMs: number[] = [];
  readonly #upSinceMs: Record<Role, number | null> = { backend: null, runtime: null };
  readonly #folder: string;
  readonly #settings: Readonly<Record<string, string>>;
  #server: ServerProcess | null = null;
  #runtime: RuntimeProcess | null = null;
  #runtimePort = NOWHERE;
  /** All that processes which have ended had printed. */
  #said = "";

  private constructor(options: StageOptions, folder: string, provider: Provider, links: readonly [TcpProxy, TcpProxy]) {
    this.#folder = folder;
    this.#settings = { ...RESTARTABLE_SETTINGS, ...options.settings };
    this.provider = provider;
    [this.providerLink, this.runtimeLink] = links;
  }

  static async raise(options: StageOptions = {}): Promise<Stage> {
    await using raising = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "yoi-fault-"));
    raising.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    const provider = raising.use(await Provider.start());
    const providerLink = raising.use(await TcpProxy.start(provider.port));
    const holder: { stage?: Stage } = {};
    const runtimeLink = raising.use(await TcpProxy.start(() => holder.stage?.runtimePort ?? NOWHERE));
    const stage = new Stage(options, folder, provider, [providerLink, runtimeLink]);
    holder.stage = stage;
    for (const role of ["backend", "runtime"]) await mkdir(join(folder, role));
    await writeFile(join(folder, "token"), TOKEN);
    const entry = { id: REMOTE_ID, base_url: runtimeLink.url, token_file: join(folder, "token"), timeout_ms: 5_000 };
    await writeFile(join(folder, "runtimes.json"), JSON.stringify({ runtimes: [entry] }));
    raising.defer(() => stage.#end());
    await Promise.all([stage.start("backend"), stage.start("runtime")]);
    stage.#leave = raising.move();
    return stage;
  }

  #leave: AsyncDisposableStack = new AsyncDisposableStack();

  #environment(role: Role): Record<string, string> {
    const data = join(this.#folder, role);
    const common = {
      ...this.#settings,
      OPENAI_BASE_URL: `${this.providerLink.url}/v1`,
      FAULT_CONTROL_FILE: join(this.#folder, `${role}.control`),
      NODE_OPTIONS: `--import=${new URL("child-control.ts", import.meta.url).href}`,
    };
    return role === "backend"
      ? {
          ...common,
          ...ANY_NUMBER,
          YOI_STORE: "sqlite",
          YOI_DATA_DIR: data,
          YOI_RUNTIMES_FILE: join(this.#folder, "runtimes.json"),
          YOI_HEARTBEAT_INTERVAL_MS: String(HEARTBEAT_MS),
        }
      : {
          ...common,
          YOI_RUNTIME_STORE: "sqlite",
          YOI_RUNTIME_DATA_DIR: data,
          YOI_RUNTIME_ID: REMOTE_ID,
          YOI_RUNTIME_TOKEN: TOKEN,
          YOI_RUNTIME_HEARTBEAT_INTERVAL_MS: String(HEARTBEAT_MS),
        };
  }

  get runtimePort(): number {
    return this.#runtimePort;
  }

  get backendPort(): number {
    return this.#upSinceMs.backend === null || this.#server === null ? NOWHERE : this.#server.port;
  }

  get backendUrl(): string {
    return `http://127.0.0.1:${this.backendPort}`;
  }

  /** Since when all of these have been up, on the monotonic clock; null while one is not. */
  upSinceMs(roles: readonly Role[]): number | null {
    const since = roles.map((role) => this.#upSinceMs[role]).filter((ms) => ms !== null);
    return since.length === roles.length ? Math.max(...since) : null;
  }

  /** Takes away what the network still has of earlier faults, and waits until the Backend finds its Runtime again. */
  async calm(): Promise<void> {
    for (const link of [this.providerLink, this.runtimeLink]) link.resume();
    const deadlineMs = performance.now() + CALM_DEADLINE_MS;
    for (;;) {
      const response = await fetch(`${this.backendUrl}/api/runtimes/${REMOTE_ID}/workers`).catch(() => null);
      const body = response?.ok ? await response.text() : "";
      if (body.endsWith('"diagnostics":[]}')) return;
      if (performance.now() > deadlineMs)
        throw new Error(`The Backend does not find its Runtime: ${body.slice(0, 500)}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** Starts a process and waits until it serves. */
  async start(role: Role): Promise<void> {
    const startedMs = performance.now();
    const environment = this.#environment(role);
    if (role === "backend") {
      this.#server = await ServerProcess.start({ environment });
    } else {
      this.#runtime = new RuntimeProcess({ environment });
      this.#runtimePort = Number(new URL(await this.#runtime.url()).port);
    }
    const upMs = performance.now();
    this.startMs.push(upMs - startedMs);
    this.#upSinceMs[role] = upMs;
  }

  /** Ends a process, as a power cut does unless another signal is named. */
  async kill(role: Role, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = role === "backend" ? this.#server : this.#runtime;
    this.#upSinceMs[role] = null;
    if (role === "runtime") this.#runtimePort = NOWHERE;
    await child?.kill(signal);
    this.#said += child?.output ?? "";
  }

  #pid(role: Role): number {
    const pid = role === "backend" ? this.#server?.pid : this.#runtime?.pid;
    if (pid === undefined || pid === 0) throw new Error(`Cannot reach the ${role}: it does not run`);
    return pid;
  }

  /** Moves a process's wall clock, and tells how much memory it uses. */
  async command(role: Role, command: { readonly shiftMs?: number } = {}): Promise<Memory> {
    const file = join(this.#folder, `${role}.control`);
    await rm(`${file}.answer`, { force: true });
    await writeFile(file, JSON.stringify(command));
    process.kill(this.#pid(role), "SIGUSR2");
    const asked = performance.now();
    for (;;) {
      const answer = await readFile(`${file}.answer`, "utf8").catch(() => null);
      if (answer !== null) return Memory.parse(JSON.parse(answer));
      if (performance.now() - asked > 20_000) throw new Error(`The ${role} takes no command: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** Lets no file of a process grow past a size; null: any size. */
  async limitFiles(role: Role, maxBytes: number | null): Promise<void> {
    const limit = maxBytes === null ? "unlimited" : String(maxBytes);
    await run("prlimit", ["--pid", String(this.#pid(role)), `--fsize=${limit}:unlimited`]);
  }

  /** All that the processes have printed. */
  get output(): string {
    return this.#said + (this.#server?.output ?? "") + (this.#runtime?.output ?? "");
  }

  async #end(): Promise<void> {
    await within(
      Promise.all([this.#server?.[Symbol.asyncDispose](), this.#runtime?.[Symbol.asyncDispose]()]),
      "the processes to end",
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave[Symbol.asyncDispose]();
  }
}
