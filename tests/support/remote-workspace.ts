/**
 * A workspace server over Runtimes elsewhere, each a process of its own.
 *
 * Owns the server, the file that names the Runtimes, and the server's restart: another port, the same secret.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Observer } from "./observer.ts";
import type { PublishedEvent, RemoteSite } from "./remote-site.ts";
import { ServerProcess, type ServerOptions } from "./server-process.ts";
import { WorkspaceClient } from "./workspace-client.ts";

/** An entry of the Runtimes' file. */
export interface RuntimeEntry {
  readonly id: string;
  readonly base_url: string;
  readonly token_file?: string;
  readonly timeout_ms?: number;
  readonly peer_id?: string | null;
}

/** What a workspace is made of. */
export interface RemoteWorkspaceOptions extends ServerOptions {
  readonly sites: readonly RemoteSite[];
  /** Entries besides those of the sites. */
  readonly entries?: readonly RuntimeEntry[];
  /** How long one request to a site may take in all. */
  readonly timeoutMs?: number;
  /** The beginning of the name of the folder that holds the files. */
  readonly folder?: string;
}

/** The server of a scene. */
export class RemoteWorkspace implements AsyncDisposable {
  readonly #options: ServerOptions;
  readonly #folder: string;
  #server: ServerProcess;

  private constructor(options: ServerOptions, folder: string, server: ServerProcess) {
    this.#options = options;
    this.#folder = folder;
    this.#server = server;
  }

  static async start({
    sites,
    entries = [],
    timeoutMs,
    folder: name = "yoi-remote",
    ...options
  }: RemoteWorkspaceOptions) {
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    const runtimes: RuntimeEntry[] = [...entries];
    for (const { id, proxy, token } of sites) {
      const token_file = join(folder, id);
      await writeFile(token_file, token);
      runtimes.push({
        id,
        base_url: proxy.url,
        token_file,
        ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }),
      });
    }
    const file = join(folder, "runtimes.json");
    await writeFile(file, JSON.stringify({ runtimes }));
    const settings: ServerOptions = {
      ...options,
      environment: {
        YOI_RUNTIMES_FILE: file,
        YOI_CURSOR_SECRET: "a-secret-that-a-restart-keeps-0123456789",
        YOI_DEMO_PACE: "0",
        ...options.environment,
      },
    };
    return new RemoteWorkspace(settings, folder, await ServerProcess.start(settings));
  }

  get server(): ServerProcess {
    return this.#server;
  }

  get client(): WorkspaceClient {
    return new WorkspaceClient(this.#server.url);
  }

  /** Ends the server as a power cut does. */
  async kill(): Promise<void> {
    await this.#server.kill("SIGKILL");
  }

  /** Starts the server again, on another port: the former one may be somebody else's by now. */
  async restart(): Promise<void> {
    await this.kill();
    this.#server = await ServerProcess.start(this.#options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}

/** What a viewer got of a Worker, without the Backend's envelope: comparable with what the Runtime published. */
export function seenBy({ received, frames }: Observer): readonly PublishedEvent[] {
  const payloads = frames.flatMap((frame) => (frame.kind === "event" ? [frame.envelope.payload] : []));
  return received.flatMap(({ cursor, ts, event }, index) =>
    event.event === "snapshot"
      ? []
      : // why: the Backend's cursor ends with the Runtime's own.
        [{ cursor: cursor.slice(cursor.indexOf("wo_")) as PublishedEvent["cursor"], ts, payload: payloads[index] }],
  );
}

/** The problem that keeps the Backend from the Worker, as a viewer has heard it last; null: none. */
export function troubleOf({ frames }: Observer): string | null {
  const beat = frames.findLast((frame) => frame.kind === "heartbeat");
  return beat?.upstream?.problem ?? null;
}

/** Waits until an answer has begun. */
export async function written(observer: Observer): Promise<void> {
  await observer.until("some text", (seeing) => seeing.eventsOf("text_delta").length >= 3);
}

/** Waits until a viewer has heard that something keeps the Backend from the Worker. */
export async function troubled(observer: Observer, deadlineMs?: number): Promise<void> {
  await observer.until("the Runtime's absence", (seeing) => troubleOf(seeing) !== null, deadlineMs);
}

/** Waits until a viewer has heard that nothing does any more. */
export async function healed(observer: Observer): Promise<void> {
  const isBeat = ({ frames }: Observer) => frames.some(({ kind }) => kind === "heartbeat");
  await observer.until("the Runtime's return", (seeing) => isBeat(seeing) && troubleOf(seeing) === null);
}
