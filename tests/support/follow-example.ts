/**
 * The client's example as a process of its own: a terminal viewer.
 *
 * Owns the process and what it prints. Whoever starts one disposes of it.
 */
import { spawn, type ChildProcess } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { WorkerRef } from "../../protocol/id.ts";
import { testEngine } from "./server-process.ts";
import { within } from "./within.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A viewer that runs on the engine of the tests. */
export class FollowExample implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #output = "";
  #look = () => {};

  constructor(url: string, { runtime_id, worker_id }: WorkerRef, environment: Readonly<Record<string, string>> = {}) {
    const engine = testEngine === "deno" ? ["run", "-A"] : [];
    const args = [...engine, "client/examples/follow.ts", url, runtime_id, worker_id];
    const env = { ...process.env, ...environment };
    this.#child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
        this.#look();
      });
    }
    this.#ended = new Promise((resolve) => this.#child.once("close", resolve));
  }

  /** All that it has printed. */
  get output(): string {
    return this.#output;
  }

  /** Waits until `condition` holds of what it has printed. */
  async until(condition: (output: string) => boolean, what: string): Promise<void> {
    const reached = Promise.withResolvers<void>();
    this.#look = () => {
      if (condition(this.#output)) reached.resolve();
    };
    this.#look();
    void this.#ended.then(() => reached.reject(new Error(`The viewer ended before ${what}: ${this.#output}`)));
    reached.promise.catch(() => {});
    await within(reached.promise, () => `${what}; the viewer said ${this.#output}`);
  }

  /** Its end by itself. @returns the exit code */
  end(): Promise<number | null> {
    return within(this.#ended, () => `the viewer to end; it said ${this.#output}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
