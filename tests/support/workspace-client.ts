/**
 * A program that uses the Backend's API.
 *
 * Owns requests and their parsing by the wire's schemas. It knows nothing of processes: any server will do.
 */
import type * as z from "zod/mini";
import { WorkerInputResult, WorkerSpawnResult } from "../../protocol/backend-api.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { ProblemBody } from "../../protocol/problem.ts";
import { Observer, type ObserverOptions, type Transport } from "./observer.ts";

/** The embedded Runtime's path. */
export const RUNTIME_PATH = "/api/runtimes/backend-internal";

/** An answer, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** The path of a Worker. */
export function workerPath({ runtime_id, worker_id }: WorkerRef): string {
  return `/api/runtimes/${runtime_id}/workers/${worker_id}`;
}

/** An answer's body by its schema. */
export function parseAnswer<Schema extends z.ZodMiniType>(schema: Schema, answer: Answer): z.output<Schema> {
  if (answer.status !== 200) throw new Error(`Cannot parse ${answer.status} as a success: ${answer.text}`);
  return schema.parse(JSON.parse(answer.text));
}

/** What a failure says: its status as HTTP and as the body have it, and its code. */
export function problemOf(answer: Answer): ProblemBody {
  const type = answer.headers.get("Content-Type");
  if (type !== "application/problem+json") throw new Error(`Cannot parse ${type} as a problem: ${answer.text}`);
  const body = ProblemBody.parse(JSON.parse(answer.text));
  if (body.status !== answer.status) throw new Error(`The body says ${body.status}, HTTP says ${answer.status}`);
  return body;
}

/** Talks to one server. */
export class WorkspaceClient {
  readonly url: string;
  readonly #transport: Transport;

  /** @param transport How its viewers get frames. */
  constructor(url: string, transport: Transport = "socket") {
    this.url = url;
    this.#transport = transport;
  }

  async request(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(this.url + path, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.request(path, { headers });
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.request(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  }

  /** What a route answers, by its schema. */
  async read<Schema extends z.ZodMiniType>(schema: Schema, path: string): Promise<z.output<Schema>> {
    return parseAnswer(schema, await this.get(path));
  }

  /** A Worker of a test's own; in the embedded Runtime unless another one's path is given. */
  async createWorker(runtimePath: string = RUNTIME_PATH): Promise<WorkerRef> {
    const { worker } = parseAnswer(WorkerSpawnResult, await this.post(`${runtimePath}/workers`, {}));
    if (!worker) throw new Error("Cannot use a Worker that was not shown");
    return { runtime_id: worker.runtime_id, worker_id: worker.worker_id };
  }

  /** Sends a message that is taken. */
  async send(ref: WorkerRef, content: string, submissionId?: string): Promise<WorkerInputResult> {
    const submission = submissionId === undefined ? {} : { submission_id: submissionId };
    return parseAnswer(WorkerInputResult, await this.post(`${workerPath(ref)}/input`, { content, ...submission }));
  }

  observe(ref: WorkerRef, options: ObserverOptions = {}): Observer {
    return new Observer(this.url, ref, { transport: this.#transport, ...options });
  }

  /** Holds a conversation of one message, seen from its beginning to its end. */
  async converse(ref: WorkerRef, content: string): Promise<Observer> {
    const observer = this.observe(ref);
    await observer.snapshot();
    await this.send(ref, content);
    await observer.idle();
    return observer;
  }
}
