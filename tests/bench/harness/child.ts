/**
 * Processes that a bench starts.
 *
 * Owns their start, the questions to them and their end: disposing of one kills it and waits, and none outlives the
 * bench, however that ends. One that ends by itself, or does not answer, ends the case that it belongs to.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type * as z from "zod/mini";
import { amongServers } from "./apart.ts";
import { Answer, type Question } from "./control.ts";
import { within } from "./deadline.ts";
import { benchProgram, bunCommandOf, commandOf, RUNTIME_PROGRAMS, SERVER_PROGRAMS, type Engine } from "./engine.ts";
import { profileClockUs, profileProcess, type ProfiledProcess, type ProfiledProgram } from "./profiling.ts";

/** Those of `programs/` that ask or read; all others serve. */
const LOAD_PROGRAMS: readonly string[] = ["provider", "reader", "crowd", "arrivals", "restless"];

const running = new Set<ChildProcess>();
/** Told of a process that has ended by itself. */
let onLost: (error: Error) => void = () => {};

/** Until a server listens. */
const START_TIMEOUT_MS = 60_000;
/** Many times what the longest window takes; a question that takes longer says so. */
const ASK_TIMEOUT_MS = 120_000;
/** What a server that is profiled has left to write its profile. */
const PROFILE_TIMEOUT_MS = 60_000;
/** What a case that failed has left to put its things away. */
const UNWIND_MS = 10_000;

/**
 * Does a case's work, and gives it up when one of its processes is gone or it takes too long. Its processes are gone
 * afterwards in any case.
 */
export async function withProcesses<Value>(work: () => Promise<Value>, timeoutMs: number): Promise<Value> {
  const lost = Promise.withResolvers<never>();
  onLost = lost.reject;
  const result = work();
  try {
    return await within(Promise.race([result, lost.promise]), timeoutMs, "the case has not come to its end");
  } catch (error) {
    onLost = () => {};
    for (const child of running) child.kill("SIGKILL");
    const unwound = result.then(
      () => {},
      () => {},
    );
    await within(unwound, UNWIND_MS, "the case has not put its things away").catch(() => {});
    throw error;
  }
}

/** Kills what still runs when the bench ends, by whichever way. Called once, by the bench. */
export function killChildrenAtExit(): void {
  process.on("exit", () => {
    for (const child of running) child.kill("SIGKILL");
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
}

/** A process of the bench's own. */
class Child implements AsyncDisposable {
  readonly pid: number;
  protected readonly process: ChildProcess;
  readonly #beforeEnd: (() => void) | null;
  #isEnding = false;

  /** @param beforeEnd Called when it is to end, which then is asked of it, so that it can write what it has; null: it is killed */
  constructor(child: ChildProcess, name: string, beforeEnd: (() => void) | null = null) {
    if (child.pid === undefined) throw new Error(`Cannot start ${child.spawnfile}`);
    this.process = child;
    this.pid = child.pid;
    this.#beforeEnd = beforeEnd;
    child.once("exit", (code, signal) => {
      if (!this.#isEnding) onLost(new Error(`Cannot measure: ${name} has ended by itself (${signal ?? code})`));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, "exit");
    this.#beforeEnd?.();
    this.process.kill(this.#beforeEnd === null ? "SIGKILL" : "SIGTERM");
    await within(exited, PROFILE_TIMEOUT_MS, "a process has not ended");
  }
}

/** A process that serves HTTP. */
export class ServerChild extends Child {
  /** `http://127.0.0.1:41234`; as it tells it itself where it is none of ours. */
  readonly url: string;
  /** `ws://127.0.0.1:9229/0f2c…`, or null where none was asked for. */
  readonly inspectorUrl: string | null;

  constructor(
    child: ChildProcess,
    name: string,
    url: string,
    inspectorUrl: string | null,
    profile: ProfiledProcess | null = null,
  ) {
    super(child, name, profile === null ? null : () => (profile.endsAtUs = profileClockUs()));
    this.url = url;
    this.inspectorUrl = inspectorUrl;
  }
}

/** One of the bench's programs, in a process of its own. */
export class ProgramChild extends Child {
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #name: string;
  #asked = 0;

  constructor(child: ChildProcess, name: string) {
    super(child, name);
    this.#name = name;
    child.on("message", (message) => {
      const { id, value, error } = Answer.parse(message);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    });
    child.once("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("A program of the bench has ended by itself"));
    });
  }

  /**
   * Asks the program; `answer` says what it must answer.
   *
   * @throws Error when it does not, within `timeoutMs`
   */
  async ask<Schema extends z.ZodMiniType>(
    method: string,
    argument: unknown,
    answer: Schema,
    timeoutMs: number = ASK_TIMEOUT_MS,
  ): Promise<z.infer<Schema>> {
    const id = (this.#asked += 1);
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    const question: Question = { id, method, argument };
    this.process.send(question, (error) => {
      if (error !== null) waiting.reject(error);
    });
    return answer.parse(await within(waiting.promise, timeoutMs, `${this.#name} has not answered "${method}"`));
  }
}

/** Starts a program of `programs/`, on Node or, where that is asked for, elsewhere; it can collect its own garbage. */
export async function startProgramChild(name: string, engine: Engine | "bun" = "node"): Promise<ProgramChild> {
  const script = benchProgram(engine === "deno" ? "deno" : "node");
  const command = await (engine === "bun"
    ? bunCommandOf(script, "--program", name)
    : commandOf(engine, script, "--program", name));
  command.splice(command.indexOf(script), 0, engine === "deno" ? "--v8-flags=--expose-gc" : "--expose-gc");
  const placed = LOAD_PROGRAMS.includes(name) ? command : amongServers(command);
  return new ProgramChild(launch(placed, {}, ["ignore", "inherit", "inherit", "ipc"]), name);
}

/** How a server is started. */
export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether its heap is to be looked into (`inspector.ts`). */
  readonly isInspected?: boolean;
  /** Whether it puts tokens together that follow each other closely, as it does where nobody forbids it. */
  readonly isPaced?: boolean;
}

/** No lines among the figures, and no wait for runs at the end. */
const QUIET = { YOI_LOG_LEVEL: "warning", YOI_SHUTDOWN_GRACE_MS: "0" };

/** Each token is an event: put together in time, they would be fewer than those that the peers have to send. */
const EACH_BY_ITSELF = { YOI_DELTA_INTERVAL_MS: "0" };

/** One address is all of its clients. */
const ANY_NUMBER = {
  YOI_COMMANDS_PER_MINUTE: "0",
  YOI_CONNECTS_PER_MINUTE: "0",
  YOI_MAX_VIEWERS_PER_CLIENT: "10000",
};

/** Starts the workspace server as it is built, and waits until it listens. */
export async function startWorkspace(engine: Engine, options: StartOptions = {}): Promise<ServerChild> {
  const profiled = "server";
  return startServer(
    engine,
    [SERVER_PROGRAMS[engine]],
    { ...options, profiled },
    {
      ...QUIET,
      ...(options.isPaced === true ? {} : EACH_BY_ITSELF),
      ...ANY_NUMBER,
      YOI_PORT: "0",
    },
  );
}

/** Starts a Runtime's process as it is built, and waits until it listens. */
export async function startRuntime(engine: Engine, options: StartOptions = {}): Promise<ServerChild> {
  const profiled = "Runtime";
  return startServer(
    engine,
    [RUNTIME_PROGRAMS[engine]],
    { ...options, profiled },
    {
      ...QUIET,
      ...EACH_BY_ITSELF,
      YOI_RUNTIME_BIND: "127.0.0.1:0",
    },
  );
}

/** Starts a program of `programs/` that serves HTTP and says where, on Node. */
export async function startOwnProgram(
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<ServerChild> {
  return startServer("node", [benchProgram("node"), "--program", name], { environment }, {});
}

/** How a program of somebody else's is started. */
export interface ForeignProgram {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What it writes to its log when it listens; the address is the first group: `127.0.0.1:41234`. */
  readonly says: RegExp;
}

/** Starts a server that is none of ours, and waits until it listens. */
export async function startForeign({ name, command, says }: ForeignProgram): Promise<ServerChild> {
  const child = launch(amongServers([...command]), {}, ["ignore", "ignore", "pipe"]);
  const address = await within(valueIn(child.stderr, says), START_TIMEOUT_MS, `${name} does not listen`);
  return new ServerChild(child, name, address, null);
}

/** Starts the bare Hono server, and waits until it listens. */
export async function startHello(engine: Engine): Promise<ServerChild> {
  return startServer(engine, [benchProgram(engine), "--program", "hello"], {}, {});
}

async function startServer(
  engine: Engine,
  [script, ...args]: readonly [string, ...string[]],
  { environment, isInspected = false, profiled }: StartOptions & { readonly profiled?: ProfiledProgram },
  defaults: Readonly<Record<string, string>>,
): Promise<ServerChild> {
  const command = await commandOf(engine, script, ...args);
  if (isInspected) command.splice(command.indexOf(script), 0, "--inspect=127.0.0.1:0");
  const profile = profiled === undefined ? null : profileProcess(engine, profiled);
  command.splice(command.indexOf(script), 0, ...(profile?.args ?? []));
  const output: StdioOptions = ["ignore", "pipe", isInspected ? "pipe" : "inherit"];
  const child = launch(amongServers(command), { ...defaults, ...environment }, output);
  const inspectorUrl = await (isInspected ? valueIn(child.stderr, /listening on (ws:\S+)/) : null);
  const url = await within(valueIn(child.stdout, / is at (http:\S+)/), START_TIMEOUT_MS, `${script} does not listen`);
  if (profile !== null) profile.listensAtUs = profileClockUs();
  return new ServerChild(child, script, url, inspectorUrl, profile);
}

/** What a process says; the rest of its output is thrown away. */
async function valueIn(output: Readable | null, pattern: RegExp): Promise<string> {
  if (output === null) throw new TypeError("Cannot read what a process says: it has no output");
  let last = "";
  for await (const line of createInterface({ input: output })) {
    const value = pattern.exec(line)?.[1];
    if (value === undefined) {
      last = line;
      continue;
    }
    output.resume();
    return value;
  }
  throw new Error(`Cannot start a process: it ended before it said ${pattern.source}, its last words were "${last}"`);
}

/** With an environment and a data folder of its own: whatever the machine has configured must not change the figures. */
function launch(
  [program, ...args]: [string, ...string[]],
  environment: Readonly<Record<string, string>>,
  stdio: StdioOptions,
): ChildProcess {
  const { PATH, HOME, DENO_DIR } = process.env;
  const folder = mkdtempSync(join(tmpdir(), "yoi-bench-"));
  const data = { YOI_DATA_DIR: folder, YOI_RUNTIME_DATA_DIR: folder };
  const child = spawn(program, args, {
    env: { PATH, HOME, ...(DENO_DIR === undefined ? {} : { DENO_DIR }), ...data, ...environment },
    stdio,
  });
  running.add(child);
  child.once("exit", () => {
    running.delete(child);
    rmSync(folder, { recursive: true, force: true });
  });
  return child;
}
