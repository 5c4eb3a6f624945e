/**
 * The machines of a run: a disk, the process that keeps Workers, and the one that serves pages; or both in one.
 *
 * Owns the starting, ending and starting again of the real Runtime and the real Backend, and the network between them.
 */
import { RuntimeId, WorkerId, type WorkerRef } from "../../../protocol/id.ts";
import { openEmbeddedRuntime } from "../../../runtime/embedded.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../runtime/limits.ts";
import type { Profile } from "../../../runtime/profile.ts";
import { DEFAULT_REMOTE_LIMITS } from "../../../runtime/remote/limits.ts";
import { RuntimeEndpoint } from "../../../runtime/remote/endpoint.ts";
import { createRemoteRuntime } from "../../../runtime/remote/remote.ts";
import { createRestApp } from "../../../runtime/rest/rest-app.ts";
import type { Runtime } from "../../../runtime/runtime.ts";
import { createBackend } from "../../../server/create-backend.ts";
import { DEFAULT_BACKEND_LIMITS, type BackendLimits } from "../../../server/limits.ts";
import { RestHop } from "./rest-hop.ts";
import { RuntimeLink, type ServingRuntime } from "./runtime-link.ts";
import type { Circumstances } from "./schedule.ts";
import { Chance } from "./seeded-chance.ts";
import { SimulatedDisk } from "./simulated-disk.ts";
import { useTimersOf } from "./simulated-globals.ts";
import type { SimulatedProvider } from "./simulated-model.ts";
import { SimulatedProcess, type SimulatedTime } from "./simulated-time.ts";
import type { ServingBackend } from "./viewer-link.ts";

const RUNTIME_ID = RuntimeId.parse("runtime");
const WORKER_ID = WorkerId.parse("companion");
/** The Worker of every run. */
export const REF: WorkerRef = { runtime_id: RUNTIME_ID, worker_id: WORKER_ID };
const SECRET = new Uint8Array(32).fill(7);
const HEARTBEAT_MS = 1_000;

/** What a site is made of. */
export interface SiteOptions {
  readonly seed: number;
  readonly time: SimulatedTime;
  readonly circumstances: Circumstances;
  readonly provider: SimulatedProvider;
  /** Told which position the Backend goes on from, whenever it connects to a Runtime elsewhere. */
  readonly onUpstreamAsked: (cursor: string | null) => void;
  /** Told when a request to a Runtime elsewhere, or its answer, is lost. */
  readonly onUpstreamFault: () => void;
}

/** Everything that serves. */
export class SimulatedSite {
  readonly disk: SimulatedDisk;
  readonly runtimeHop: RestHop;
  /** Failures that nobody expected. */
  readonly unexpected: unknown[] = [];
  runtime: ServingRuntime | null = null;
  backend: ServingBackend | null = null;
  readonly #options: SiteOptions;
  readonly #limits: Limits;
  readonly #backendLimits: BackendLimits;
  readonly #idle: SimulatedProcess;
  #app: ReturnType<typeof createRestApp> | null = null;
  #processes = 0;
  #links = 0;
  /** Processes that are starting or serving. */
  #runtimeProcess: SimulatedProcess | null = null;
  #backendProcess: SimulatedProcess | null = null;
  upstream: RuntimeLink | null = null;

  constructor(options: SiteOptions) {
    this.#options = options;
    const { seed, time, circumstances } = options;
    const { retentionEvents, retentionDeltasMs, windowFrames, viewerBufferBytes, maxLatencyMs, maxWriteMs } =
      circumstances;
    this.disk = new SimulatedDisk({ chance: new Chance(seed, 2), maxWriteMs });
    this.#idle = new SimulatedProcess(time);
    this.runtimeHop = new RestHop({
      chance: new Chance(seed, 3),
      maxLatencyMs,
      server: () => this.runtime?.process ?? null,
      onFault: options.onUpstreamFault,
    });
    this.#limits = {
      run: {
        ...DEFAULT_LIMITS.run,
        deltaIntervalMs: 0,
        firstTokenTimeoutMs: 1_500,
        betweenChunksTimeoutMs: 900,
        wholeRunTimeoutMs: 6_000,
      },
      worker: { ...DEFAULT_LIMITS.worker, retentionEvents, retentionDeltasMs, snapshotEntries: 1_000 },
      runtime: { ...DEFAULT_LIMITS.runtime, retentionIntervalMs: 700, maxEventBatch: windowFrames < 100 ? 2 : 256 },
    };
    this.#backendLimits = {
      ...DEFAULT_BACKEND_LIMITS,
      windowFrames,
      viewerBufferBytes,
      writeChars: Math.min(DEFAULT_BACKEND_LIMITS.writeChars, viewerBufferBytes),
      heartbeatIntervalMs: HEARTBEAT_MS,
      relayGraceMs: 1_500,
      upstreamMaxBackoffMs: 1_000,
      snapshotEntries: circumstances.windowFrames < 100 ? 6 : 120,
    };
  }

  get isEmbedded(): boolean {
    return this.#options.circumstances.hop === "embedded";
  }

  start(): void {
    this.#startRuntime();
    if (!this.isEmbedded) this.#startBackend();
  }

  /** Ends what there is of the processes at once. */
  kill(what: "runtime" | "backend" | "both"): void {
    if (what !== "backend") {
      const process = this.#runtimeProcess;
      this.runtime = this.#runtimeProcess = this.#app = null;
      if (process?.isAlive === true) {
        process.kill();
        this.disk.endProcess();
      }
    }
    if (what !== "runtime") {
      this.#backendProcess?.kill();
      this.backend = this.#backendProcess = null;
    }
  }

  /** Ends the processes as their operator does, then kills what is left. */
  close(what: "runtime" | "backend" | "both", then: () => void): void {
    const { runtime, backend } = this;
    const close = async (): Promise<void> => {
      if (what !== "backend") await runtime?.runtime[Symbol.asyncDispose]();
      if (what !== "runtime") await backend?.backend[Symbol.asyncDispose]();
    };
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      this.kill(what);
      then();
    };
    const { time } = this.#options;
    // What was written to sockets in the end is on its way by then.
    void close().then(() => time.plan(CLOSE_MS, end));
    time.plan(MAX_CLOSE_MS, end);
  }

  restart(what: "runtime" | "backend" | "both"): void {
    if (what !== "backend" && this.#runtimeProcess === null) this.#startRuntime();
    if (what !== "runtime" && !this.isEmbedded && this.#backendProcess === null) this.#startBackend();
  }

  #newProcess(): SimulatedProcess {
    this.#processes += 1;
    return new SimulatedProcess(this.#options.time);
  }

  #startRuntime(): void {
    const { seed, provider, circumstances } = this.#options;
    const process = this.#newProcess();
    this.#runtimeProcess = process;
    const model = provider.modelFor(process);
    const profile: Profile = { label: "Simulated", model, systemPrompt: () => "You are a simulation.", tools: [] };
    const open = async (): Promise<void> => {
      const runtime = await openEmbeddedRuntime({
        runtimeId: RUNTIME_ID,
        displayName: "Simulated",
        profiles: new Map([
          ["runtime_default", profile],
          ["builtin:companion", profile],
        ]),
        store: this.disk.open(process),
        limits: this.#limits,
        continueInterrupted: circumstances.continueInterrupted,
        clock: process,
        random: new Chance(seed, 4, this.#processes),
      });
      await runtime.ensureWorker({
        workerId: WORKER_ID,
        displayName: "Companion",
        profile: { kind: "builtin", value: "builtin:companion" },
      });
      if (!process.isAlive) return;
      this.runtime = { process, runtime };
      if (this.isEmbedded) this.#serve(process, runtime);
      else this.#app = createRestApp({ runtime, token: null, limits: this.#limits.runtime, onUnexpected: this.#note });
    };
    open().catch(this.#note);
  }

  readonly #note = (error: unknown): void => void this.unexpected.push(error);

  #startBackend(): void {
    const process = this.#newProcess();
    const { circumstances } = this.#options;
    this.#backendProcess = process;
    const runtime = createRemoteRuntime({
      runtimeId: RUNTIME_ID,
      peerId: RUNTIME_ID,
      displayName: "Elsewhere",
      endpoint: new RuntimeEndpoint("http://runtime", null),
      limits: {
        ...DEFAULT_REMOTE_LIMITS,
        pingIntervalMs: 1_000,
        silenceTimeoutMs: 3_000,
        requestTimeoutMs: 4_000,
        handshakeTimeoutMs: 3_000,
      },
      fetch: (input, init) => this.#fetch(process, input, init),
      connectWebSocket: ({ url, handshakeTimeoutMs }, listener) => {
        this.#links += 1;
        const link = new RuntimeLink({
          time: this.#options.time,
          url,
          listener,
          handshakeTimeoutMs,
          client: process,
          chance: new Chance(this.#options.seed, 5, this.#links),
          maxLatencyMs: circumstances.maxLatencyMs,
          maxSliceBytes: circumstances.maxSliceBytes,
          heartbeatIntervalMs: HEARTBEAT_MS,
          runtime: () => this.runtime,
          onAsked: this.#options.onUpstreamAsked,
          onUnexpected: this.#note,
        });
        this.upstream = link;
        return link.socket;
      },
      clock: process,
    });
    this.#serve(process, runtime);
  }

  #serve(process: SimulatedProcess, runtime: Runtime): void {
    this.#backendProcess = process;
    const backend = createBackend({
      workspace: { id: "workspace", displayName: "Workspace" },
      runtimes: [runtime],
      companion: REF,
      cursorSecret: SECRET,
      limits: this.#backendLimits,
      host: { os: "simulated", arch: "simulated" },
      clock: process,
      random: new Chance(this.#options.seed, 6, this.#processes),
    });
    this.backend = { process, backend };
  }

  #fetch(client: SimulatedProcess, input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const { promise, reject } = Promise.withResolvers<never>();
    const { signal } = init ?? {};
    signal?.addEventListener("abort", () => reject(signal.reason));
    const answer = this.runtimeHop.ask(client, async () => {
      if (this.#app === null) throw new Error("Cannot ask: nobody serves");
      const { signal: _, ...rest } = init ?? {};
      return this.#app.fetch(new Request(input instanceof Request ? input.url : input, rest));
    });
    return Promise.race([answer, promise]);
  }

  /** From now on the platform's timers are nobody's in particular. */
  useTimers(): void {
    useTimersOf(this.#idle);
  }
}

const CLOSE_MS = 60;
const MAX_CLOSE_MS = 1_200;
