/**
 * A Runtime as the reference's is: the older form of the protocol, with its habits.
 *
 * Owns those habits: one sequence of cursors for all Workers, from 1 in each process; an empty snapshot on every connect,
 * at the cursor that was given; no events from before without one; no Close after a diagnostic; busy told by
 * `last_result` only; a cancel that is final; no times, no heartbeats, no entries route.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import * as z from "zod/mini";
import { ConfigBundle } from "../../protocol/config-bundle.ts";
import { acceptUpgrade, HostileServer, json, refuseUpgrade } from "./hostile-server.ts";
import { peerDetail, peerRun, peerWorker, refOf, type PeerWorker, type Published } from "./reference-shapes.ts";
import { endWith, eventFrame, listenToObserver, sequenceOf, snapshotFrame } from "./reference-frames.ts";
import {
  checkInput,
  PeerBody,
  peerBundles,
  readBody,
  readPage,
  readReason,
  refusal,
  refusalAnswer,
} from "./reference-rules.ts";

const RETAINED = 1_024;
/** Between two events of an answer, so that a Worker is found busy. */
const STEP_MS = 3;

/** How a peer behaves. */
export interface PeerOptions {
  /** Whether its Workers answer by themselves; else whoever uses it publishes. */
  readonly answers?: boolean;
}

/** A peer that serves. */
export class ReferencePeer implements AsyncDisposable {
  readonly #server: HostileServer;
  readonly #answers: boolean;
  readonly #workers = new Map<string, PeerWorker>();
  readonly #bundles = peerBundles();
  readonly #observers = new Set<{ readonly workerId: string; readonly socket: Duplex }>();
  #log: { readonly sequence: number; readonly workerId: string; readonly payload: unknown }[] = [];
  #sequence = 0;
  #created = 0;
  /** What it was asked to do, e.g. `POST /v1/workers`. */
  readonly commands: string[] = [];

  private constructor(server: HostileServer, answers: boolean) {
    this.#server = server;
    this.#answers = answers;
  }

  static async start({ answers = false }: PeerOptions = {}): Promise<ReferencePeer> {
    const made = Promise.withResolvers<ReferencePeer>();
    const server = await HostileServer.start({
      http: (request, response) => void made.promise.then((peer) => peer.#answer(request, response)),
      upgrade: (request, socket) => void made.promise.then((peer) => peer.#observe(request, socket)),
    });
    made.resolve(new ReferencePeer(server, answers));
    return made.promise;
  }

  get port(): number {
    return this.#server.port;
  }

  /** A Worker publishes something. */
  publish(workerId: string, event: Published): void {
    const worker = this.#workers.get(workerId)!;
    this.#sequence += 1;
    this.#log = [...this.#log, { sequence: this.#sequence, workerId, payload: event }].slice(-RETAINED);
    if (event.event === "text_done") worker.lines.push({ role: "assistant", content: String(event.data?.["text"]) });
    if (event.event === "status") worker.runState = event.data?.["status"] === "idle" ? "idle" : "busy";
    for (const observer of this.#observers) {
      if (observer.workerId === workerId) observer.socket.write(eventFrame(this.#sequence, workerId, event));
    }
  }

  /** Forgets its oldest events. */
  forget(count: number): void {
    this.#log = this.#log.slice(count);
  }

  /** Drops the observers' connections. */
  drop(): void {
    for (const { socket } of this.#observers) socket.destroy();
    this.#observers.clear();
  }

  get observers(): number {
    return this.#observers.size;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await this.#reply(request);
      if (typeof body === "number") response.writeHead(body).end();
      else json(response, 200, body);
    } catch (error) {
      const { status, body } = refusalAnswer(error);
      json(response, status, body);
    }
  }

  /** The body of a success, or the status of an answer that has none. */
  async #reply(request: IncomingMessage): Promise<unknown> {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://peer");
    const [, version, collection, id, verb, ...rest] = pathname.split("/").map(decodeURIComponent);
    // The framework's refusal of what is no upgrade.
    if (pathname.endsWith("/events/ws")) return 400;
    const { method } = request;
    if (method === "POST") this.commands.push(`POST ${pathname}`);
    switch (version === "v1" && rest.length === 0 ? collection : undefined) {
      case "runtime":
        return method === "GET" ? { runtime: peerDetail([...this.#workers.values()]) } : 405;
      case "config-bundles":
        if (verb === "availability") {
          const digest = searchParams.get("digest");
          if (digest === null) throw refusal("invalid_query");
          return { availability: this.#bundles.check({ id: id ?? "", digest }) };
        }
        if (method === "GET") return { bundles: this.#bundles.list() };
        const { bundle } = await readBody(request, z.object({ bundle: ConfigBundle }));
        return { availability: await this.#bundles.store(bundle) };
      case "workers":
        if (id !== undefined) return this.#workerReply(request, searchParams, id, verb);
        if (method === "GET") return { workers: [...this.#workers.values()].map(peerWorker) };
        return method === "POST" ? { worker: await this.#create(request) } : 405;
      default:
        return 404;
    }
  }

  async #workerReply(request: IncomingMessage, query: URLSearchParams, id: string, verb?: string): Promise<unknown> {
    if (verb === undefined && request.method !== "GET") return 405;
    if (id.trim() === "") throw refusal("invalid_id");
    const page = verb === "transcript" ? readPage(query) : null;
    const input = verb === "input" ? await readBody(request, PeerBody.input) : null;
    if (verb === "stop" || verb === "cancel") await readReason(request);
    const worker = this.#workers.get(id);
    if (!worker) throw refusal("worker_not_found");
    const ref = { worker_ref: refOf(id) };
    if (verb === undefined) return { worker: peerWorker(worker) };
    if (input !== null) {
      if (worker.status !== "running") throw refusal("worker_stopped");
      checkInput(input);
      worker.outcome = worker.runState === "busy" ? "busy" : "accepted";
      if (worker.outcome === "busy") throw refusal("unsupported");
      this.#take(worker, input.content);
      const ack = { ...ref, status: worker.status, transcript_sequence: worker.lines.length, event_id: 1 };
      return { ack };
    }
    if (page !== null) {
      const { start, limit } = page;
      const items = worker.lines
        .map((line, index) => ({ sequence: index + 1, ...ref, ...line, event_id: 1 }))
        .slice(start, start + limit);
      const total = worker.lines.length;
      const next = start + items.length < total ? start + items.length : null;
      return { transcript: { ...ref, start, limit, total_items: total, items, next_start: next } };
    }
    if (verb === "stop" || verb === "cancel") {
      if (worker.status === "running") worker.status = verb === "stop" ? "stopped" : "cancelled";
      worker.runState = "stopped";
      return { ack: { ...ref, status: worker.status, event_id: 1 } };
    }
    return 404;
  }

  #take(worker: PeerWorker, content: string): void {
    worker.lines.push({ role: "user", content });
    worker.runState = "busy";
    if (this.#answers) void this.#run(worker, content);
    else this.publish(worker.id, { event: "user_message", data: { segments: [{ kind: "text", content }] } });
  }

  /** An answer in several pieces, one at a time. The person's message comes late, as it may there. */
  async #run(worker: PeerWorker, content: string): Promise<void> {
    for (const event of peerRun(content)) {
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
      if (worker.status !== "running") return;
      this.publish(worker.id, event);
    }
  }

  #observe(request: IncomingMessage, socket: Duplex): void {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://peer");
    const workerId = decodeURIComponent(pathname.split("/")[3] ?? "");
    if (!this.#workers.has(workerId)) {
      const { status, body } = refusalAnswer(refusal(workerId.trim() === "" ? "invalid_id" : "worker_not_found"));
      return refuseUpgrade(socket, status, ["Content-Type: application/json"], JSON.stringify(body));
    }
    acceptUpgrade(request, socket);
    const given = searchParams.get("cursor");
    const retained = this.#log.filter((event) => event.workerId === workerId);
    const after = given === null ? (retained.at(-1)?.sequence ?? 0) : sequenceOf(given);
    if (after === null) return endWith(socket, "cursor_malformed");
    socket.write(snapshotFrame(after, workerId));
    const oldest = retained[0]?.sequence ?? 0;
    if (given !== null && (after > this.#sequence || (after !== 0 && after < oldest))) {
      return endWith(socket, "cursor_unknown_or_expired");
    }
    for (const { sequence, payload } of retained) {
      if (sequence > after) socket.write(eventFrame(sequence, workerId, payload));
    }
    const observer = { workerId, socket };
    this.#observers.add(observer);
    socket.on("close", () => this.#observers.delete(observer));
    listenToObserver(socket);
  }

  async #create(request: IncomingMessage): Promise<unknown> {
    const { profile, config_bundle, initial_input } = await readBody(request, PeerBody.create);
    if (initial_input && initial_input.kind !== "user") throw refusal("invalid_initial_input_kind");
    if (initial_input) checkInput(initial_input);
    this.#bundles.checkProfile(config_bundle, profile);
    this.#created += 1;
    const id = `worker-${this.#created.toString(16).padStart(8, "0")}`;
    const state = { status: "running", runState: "idle", outcome: "accepted" } as const;
    const worker: PeerWorker = { id, profile, config_bundle, ...state, lines: [] };
    this.#workers.set(id, worker);
    if (initial_input) this.#take(worker, initial_input.content);
    return peerWorker(worker);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    return this.#server[Symbol.asyncDispose]();
  }
}
