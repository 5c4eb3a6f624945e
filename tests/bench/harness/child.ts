/**
 * Processes that a bench starts.
 *
 * Owns their start, the questions to them and their end: disposing of one kills it and waits, and none outlives the
 * bench, however that ends.
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
import { Answer, type Question } from "./control.ts";
import { benchProgram, commandOf, RUNTIME_PROGRAMS, SERVER_PROGRAMS, type Engine } from "./engine.ts";

const running = new Set<ChildProcess>();

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

  constructor(child: ChildProcess) {
    if (child.pid === undefined) throw new Error(`Cannot start ${child.spawnfile}`);
    this.process = child;
    this.pid = child.pid;
    running.add(child);
    child.once("exit", () => running.delete(child));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await exited;
  }
}

/** A process that serves HTTP. */
export class ServerChild extends Child {
  /** `http://127.0.0.1:41234`. */
  readonly url: string;
  /** `ws://127.0.0.1:9229/0f2c…`, or null where none was asked for. */
  readonly inspectorUrl: string | null;

  constructor(child: ChildProcess, url: string, inspectorUrl: string | null) {
    super(child);
    this.url = url;
    this.inspectorUrl = inspectorUrl;
  }
}

/** One of the bench's programs, in a process of its own. */
export class ProgramChild extends Child {
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #asked = 0;

  constructor(child: ChildProcess) {
    super(child);
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

  /** Asks the program; `answer` says what it must answer. */
  async ask<Schema extends z.ZodMiniType>(method: string, argument: unknown, answer: Schema): Promise<z.infer<Schema>> {
    const id = (this.#asked += 1);
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    const question: Question = { id, method, argument };
    this.process.send(question);
    return answer.parse(await waiting.promise);
  }
}

/** Starts a program of `programs/`, on Node. */
export async function startProgramChild(name: string): Promise<ProgramChild> {
  const command = await commandOf("node", benchProgram("node"), "--program", name);
  return new ProgramChild(launch(command, {}, ["ignore", "inherit", "inherit", "ipc"]));
}

/** How a server is started. */
export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether its heap is to be looked into (`inspector.ts`). */
  readonly isInspected?: boolean;
}

/** No lines among the figures, and no wait for runs at the end. */
const QUIET = { YOI_LOG_LEVEL: "warning", YOI_SHUTDOWN_GRACE_MS: "0" };

/** One address is all of its clients. */
const ANY_NUMBER = {
  YOI_COMMANDS_PER_MINUTE: "0",
  YOI_CONNECTS_PER_MINUTE: "0",
  YOI_MAX_VIEWERS_PER_CLIENT: "10000",
};

/** Starts the workspace server as it is built, and waits until it listens. */
export async function startWorkspace(engine: Engine, options: StartOptions = {}): Promise<ServerChild> {
  return startServer(engine, [SERVER_PROGRAMS[engine]], options, { ...QUIET, ...ANY_NUMBER, YOI_PORT: "0" });
}

/** Starts a Runtime's process as it is built, and waits until it listens. */
export async function startRuntime(engine: Engine, options: StartOptions = {}): Promise<ServerChild> {
  return startServer(engine, [RUNTIME_PROGRAMS[engine]], options, { ...QUIET, YOI_RUNTIME_BIND: "127.0.0.1:0" });
}

/** Starts the bare Hono server, and waits until it listens. */
export async function startHello(engine: Engine): Promise<ServerChild> {
  return startServer(engine, [benchProgram(engine), "--program", "hello"], {}, {});
}

async function startServer(
  engine: Engine,
  [script, ...args]: readonly [string, ...string[]],
  { environment, isInspected = false }: StartOptions,
  defaults: Readonly<Record<string, string>>,
): Promise<ServerChild> {
  const command = await commandOf(engine, script, ...args);
  if (isInspected) command.splice(command.indexOf(script), 0, "--inspect=127.0.0.1:0");
  const child = launch(command, { ...defaults, ...environment }, ["ignore", "pipe", isInspected ? "pipe" : "inherit"]);
  const inspectorUrl = await (isInspected ? valueIn(child.stderr, /listening on (ws:\S+)/) : null);
  return new ServerChild(child, await valueIn(child.stdout, / is at (http:\S+)/), inspectorUrl);
}

/** What a process says; the rest of its output is thrown away. */
async function valueIn(output: Readable | null, pattern: RegExp): Promise<string> {
  if (output === null) throw new TypeError("Cannot read what a process says: it has no output");
  for await (const line of createInterface({ input: output })) {
    const value = pattern.exec(line)?.[1];
    if (value === undefined) continue;
    output.resume();
    return value;
  }
  throw new Error(`Cannot start a process: it ended before it said ${pattern.source}`);
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
  child.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return child;
}
