/** A process that writes to a store, watched from outside. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { testEngine } from "./server-process.ts";
import { within } from "./within.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const SCRIPT = "tests/support/store-child.ts";

/** How it is started. */
export interface StoreProcessOptions {
  /** Of each event's text. */
  readonly bytes?: number;
  /** How long it writes by itself, from its opening on; absent: its thread opens the file, and it writes beside that. */
  readonly earlyMs?: number;
  /** After so many events it kills itself, so that nobody has to be quick; absent: it writes on. */
  readonly maxEvents?: number;
  /** Largest file that it may write, in blocks of 512 bytes. */
  readonly maxBlocks?: number;
}

/** The process. */
export class StoreProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly exited: Promise<unknown>;
  readonly lines: string[] = [];
  #look = () => {};
  #rest = "";

  constructor(path: string, { bytes = 10, earlyMs = 0, maxEvents, maxBlocks }: StoreProcessOptions = {}) {
    const engine = [process.execPath, ...(testEngine === "deno" ? ["run", "-A"] : [])];
    const command = [...engine, SCRIPT, path, String(bytes), String(earlyMs), String(maxEvents ?? "")];
    const limited = ["sh", "-c", `trap "" XFSZ && ulimit -f ${maxBlocks} && exec "$@"`, "sh", ...command];
    const [program = "", ...args] = maxBlocks === undefined ? command : limited;
    this.#child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    this.exited = once(this.#child, "close");
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop() ?? "";
      this.lines.push(...lines);
      this.#look();
    });
  }

  /** The newest event that it was told is kept. */
  get acknowledged(): number {
    return this.lines.map(Number).reduce((most, position) => (position > most ? position : most), 0);
  }

  /** Waits until it has printed so many lines. */
  async printed(count: number): Promise<void> {
    const enough = Promise.withResolvers<void>();
    this.#look = () => {
      if (this.lines.length >= count) enough.resolve();
    };
    this.#look();
    await within(enough.promise, () => `a process to write; it said ${this.lines.slice(-3).join(", ")}`);
  }

  /** Ends it as a power cut would end it, but for the system. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await within(this.exited, "a killed process to end");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
