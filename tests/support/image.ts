/**
 * The container file, done by hand: its build stage in a folder, its last stage's files in another, and processes that see
 * nothing but those.
 *
 * Owns the reading of the container file, the two folders, and what a process of the image gets: its own Node, its
 * environment and nothing of this machine's, a user that owns nothing but the data, and no way to read beyond the image or
 * to write beyond the data, which Node's permissions enforce. Absolute paths of the image lie below its folder here.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { within } from "./within.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const node = join(root, "node_modules/.bin/node");

/** One stage of a container file: its instructions in order, e.g. `["USER", "65532:65532"]`. */
type Stage = readonly (readonly [name: string, value: string])[];

/** What a process of the image is started with. */
export interface ContainerOptions {
  /** In place of the image's own command. */
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the data is; a folder of its own unless said. */
  readonly data?: string;
}

/** The stages of the project's container file. */
function readStages(): readonly Stage[] {
  const text = readFileSync(join(root, "Containerfile"), "utf8").replaceAll(/^#.*\n/gm, "");
  const stages: [string, string][][] = [];
  for (const line of text.replaceAll(/\\\n/g, " ").split("\n")) {
    const [, name = "", value = ""] = /^([A-Z]+) +(.*)$/.exec(line.trim()) ?? [];
    if (name === "FROM") stages.push([]);
    if (name !== "") stages.at(-1)?.push([name, value.trim()]);
  }
  return stages;
}

/** What `.dockerignore` lets through, as paths below the project's folder. */
export function contextPaths(): readonly string[] {
  const lines = readFileSync(join(root, ".dockerignore"), "utf8").split("\n");
  return lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
}

/** The image, laid out in a folder. */
export class Image implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "yoi-image-"));
  readonly #last = readStages().at(-1) ?? [];

  private constructor() {
    chmodSync(this.folder, 0o755);
  }

  /** Builds it from exactly what the build would get, and lays out what the last stage copies. */
  static build(): Image {
    const image = new Image();
    try {
      image.#build();
    } catch (error) {
      image[Symbol.dispose]();
      throw error;
    }
    return image;
  }

  #build(): void {
    const source = join(this.folder, "source");
    for (const path of contextPaths()) cpSync(join(root, path), join(source, path), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(source, "node_modules"));
    for (const [name, value] of readStages()[0] ?? []) {
      if (name === "RUN" && !value.startsWith("npm ci")) this.#inSource(value.replaceAll(" /", ` ${this.folder}/`));
    }
    for (const [name, value] of this.#last) if (name === "COPY") this.#copy(value);
    rmSync(source, { recursive: true });
    const nodePath = join(this.folder, "nodejs/bin/node");
    mkdirSync(dirname(nodePath), { recursive: true });
    copyFileSync(realpathSync(node), nodePath, constants.COPYFILE_FICLONE);
  }

  #inSource(command: string): void {
    const env = { ...process.env, PATH: `${dirname(node)}:${process.env["PATH"]}` };
    const { status, stderr } = spawnSync("sh", ["-ec", command], { cwd: join(this.folder, "source"), env });
    if (status !== 0) throw new Error(`Cannot build the image: ${command} ended with ${status}: ${String(stderr)}`);
  }

  #copy(value: string): void {
    const words = value.split(/ +/).filter((word) => !word.startsWith("--"));
    const to = join(this.folder, "app", words.pop() ?? "").replace(/.*\/data$/, join(this.folder, "data"));
    for (const from of words) {
      const isFolder = !to.endsWith("/");
      cpSync(join(this.folder, from), isFolder ? to : join(to, from.replace(/.*\//, "")), { recursive: true });
    }
  }

  /** The value of an instruction of the last stage. @throws Error where there is none */
  instruction(name: string): string {
    const value = this.#last.find(([found]) => found === name)?.[1];
    if (value === undefined) throw new Error(`Cannot find ${name} in the container file`);
    return value;
  }

  /** The words of an instruction in its form without a shell. */
  words(name: string): readonly string[] {
    return JSON.parse(/\[.*\]$/.exec(this.instruction(name))?.[0] ?? "") as readonly string[];
  }

  get environment(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.instruction("ENV")
        .split(/ +/)
        .map((pair) => pair.split(/=(.*)/s, 2)),
    ) as Record<string, string>;
  }

  /** Starts the image's entry point. */
  start(options: ContainerOptions = {}): Container {
    return this.#spawn([...this.words("ENTRYPOINT"), ...(options.command ?? this.words("CMD"))], options);
  }

  /** Runs a health check to its end. @returns its exit code */
  check(test: readonly string[], environment: Readonly<Record<string, string>>): Promise<number | null> {
    return this.#spawn(test, { environment }).exited;
  }

  #spawn([program = "", ...args]: readonly string[], options: ContainerOptions): Container {
    const data = options.data ?? mkdtempSync(join(this.folder, "data-"));
    const inside = (text: string) =>
      text.replace(/^\/data\b/, data).replace(/^\/(?:app|nodejs|run|etc)\//, `${this.folder}$&`);
    const environment = { ...this.environment, ...options.environment };
    const env = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, inside(value)]));
    const readable = ["app", "run", "etc"].map((name) => `--allow-fs-read=${join(this.folder, name)}`);
    const writable = [`--allow-fs-read=${data}`, `--allow-fs-write=${data}`];
    // The store has a thread; that threads are allowed is what the warning is about.
    const permissions = ["--permission", "--allow-worker", "--disable-warning=PERM0006", ...readable, ...writable];
    const [uid = 0, gid = 0] = this.instruction("USER").split(":").map(Number);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(data, uid, gid);
    return new Container(
      spawn(inside(program), [...permissions, ...args.map(inside)], {
        cwd: inside(`${this.instruction("WORKDIR")}/`),
        env,
        stdio: ["ignore", "pipe", "pipe"],
        ...(isRoot ? { uid, gid } : {}),
      }),
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const running = new Set<ChildProcess>();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A process of the image. */
export class Container implements AsyncDisposable {
  readonly #child: ChildProcess;
  /** Its exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  output = "";
  #look = () => {};

  constructor(child: ChildProcess) {
    this.#child = child;
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        this.#look();
      });
    }
    this.exited = new Promise((resolve) =>
      child.once("close", (code) => {
        running.delete(child);
        resolve(code);
      }),
    );
  }

  /** The port that it says it listens on. */
  async port(): Promise<number> {
    const listening = Promise.withResolvers<number>();
    this.#look = () => {
      const port = / is at http:\S+:(\d+)\n/.exec(this.output)?.[1];
      if (port !== undefined) listening.resolve(Number(port));
    };
    this.#look();
    void this.exited.then(() => listening.reject(new Error(`It ended before it listened: ${this.output}`)));
    return within(listening.promise, () => `a process of the image to listen; it said ${this.output}`);
  }

  /** Asks it to end, as whatever runs containers does. @returns its exit code */
  stop(deadlineMs: number): Promise<number | null> {
    process.kill(this.#child.pid ?? 0, "SIGTERM");
    return within(this.exited, () => `a process of the image to end; it said ${this.output}`, deadlineMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) process.kill(this.#child.pid ?? 0, "SIGKILL");
    await this.exited;
  }
}
