/**
 * A Runtime as the reference's is: the older form of the protocol, with its habits.
 *
 * Owns those habits: one sequence of cursors for all Workers, from 1 in each process; an empty snapshot on every connect,
 * at the cursor that was given; no events from before without one; no Close after a diagnostic; busy told by
 * `last_result` only; a cancel that is final; no times, no heartbeats, no entries route.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { acceptUpgrade, frame, HostileServer, json } from "./hostile-server.ts";

const RETAINED = 1_024;
const DIGEST = "0".repeat(64);

interface PeerWorker {
  readonly id: string;
  readonly profile: unknown;
  status: "running" | "stopped" | "cancelled";
  runState: "idle" | "busy";
  outcome: "accepted" | "busy";
  readonly lines: { role: string; content: string }[];
}

/** A peer that serves. */
export class ReferencePeer implements AsyncDisposable {
  readonly #server: HostileServer;
  readonly #workers = new Map<string, PeerWorker>();
  readonly #bundles = new Set<string>();
  readonly #observers = new Set<{ readonly workerId: string; readonly socket: Duplex }>();
  #log: { readonly sequence: number; readonly workerId: string; readonly payload: unknown }[] = [];
  #sequence = 0;
  #created = 0;
  /** What it was asked to do, e.g. `POST /v1/workers`. */
  readonly commands: string[] = [];

  private constructor(server: HostileServer) {
    this.#server = server;
  }

  static async start(): Promise<ReferencePeer> {
    const made = Promise.withResolvers<ReferencePeer>();
    const server = await HostileServer.start({
      http: (request, response) => void made.promise.then((peer) => peer.#answer(request, response)),
      upgrade: (request, socket) => void made.promise.then((peer) => peer.#observe(request, socket)),
    });
    made.resolve(new ReferencePeer(server));
    return made.promise;
  }

  get port(): number {
    return this.#server.port;
  }

  /** A Worker publishes something. */
  publish(
    workerId: string,
    event: { readonly event: string; readonly data?: Readonly<Record<string, unknown>> },
  ): void {
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
    const { pathname, searchParams } = new URL(request.url ?? "", "http://peer");
    const [, , collection, id, verb] = pathname.split("/");
    if (request.method === "POST") this.commands.push(`POST ${pathname}`);
    const body = await text(request);
    const worker = this.#workers.get(id ?? "");
    const fail = (status: number, code: string) =>
      json(response, status, { error: { code, message: "its own words" } });
    if (collection === "runtime") return json(response, 200, { runtime: this.#detail() });
    if (collection === "config-bundles" && request.method === "POST") {
      const { bundle } = JSON.parse(body) as { bundle: { metadata: { id: string; digest: string } } };
      const { id: bundleId, digest } = bundle.metadata;
      this.#bundles.add(bundleId);
      const summary = { ...bundle.metadata, digest_algorithm: "sha256", profile_count: 1, declaration_count: 0 };
      return json(response, 200, { availability: { reference: { id: bundleId, digest }, summary } });
    }
    if (collection !== "workers") return void response.writeHead(404).end();
    if (id === undefined && request.method === "GET") {
      return json(response, 200, { workers: [...this.#workers.values()].map((each) => this.#worker(each)) });
    }
    if (id === undefined) {
      const { profile, config_bundle } = JSON.parse(body) as { profile: unknown; config_bundle?: { id: string } };
      if (!config_bundle || !this.#bundles.has(config_bundle.id)) return fail(404, "config_bundle_missing");
      return json(response, 200, { worker: this.#worker(this.#create(profile)) });
    }
    if (!worker) return fail(404, "worker_not_found");
    switch (verb) {
      case undefined:
        return json(response, 200, { worker: this.#worker(worker) });
      case "input": {
        if (worker.status !== "running") return fail(400, "invalid_request");
        worker.outcome = worker.runState === "busy" ? "busy" : "accepted";
        if (worker.outcome === "busy") return fail(409, "worker_execution_rejected");
        const { content } = JSON.parse(body) as { content: string };
        worker.lines.push({ role: "user", content });
        worker.runState = "busy";
        this.publish(worker.id, { event: "user_message", data: { segments: [{ kind: "text", content }] } });
        const ack = { worker_ref: refOf(worker.id), status: worker.status, transcript_sequence: worker.lines.length };
        return json(response, 200, { ack: { ...ack, event_id: 1 } });
      }
      case "stop":
      case "cancel":
        if (worker.status === "running") worker.status = verb === "stop" ? "stopped" : "cancelled";
        return json(response, 200, { ack: { worker_ref: refOf(worker.id), status: worker.status, event_id: 1 } });
      case "transcript": {
        const start = Number(searchParams.get("start") ?? 0);
        const limit = Number(searchParams.get("limit") ?? 256);
        const items = worker.lines
          .map((line, index) => ({ sequence: index + 1, worker_ref: refOf(worker.id), ...line, event_id: 1 }))
          .slice(start, start + limit);
        const page = { worker_ref: refOf(worker.id), start, limit, total_items: worker.lines.length, items };
        return json(response, 200, { transcript: { ...page, next_start: null } });
      }
      default:
        response.writeHead(404).end();
    }
  }

  #observe(request: IncomingMessage, socket: Duplex): void {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://peer");
    const workerId = pathname.split("/")[3] ?? "";
    acceptUpgrade(request, socket);
    const given = searchParams.get("cursor");
    const retained = this.#log.filter((event) => event.workerId === workerId);
    const after = given === null ? (retained.at(-1)?.sequence ?? 0) : Number.parseInt(given.slice(3), 16);
    socket.write(eventFrame(after, workerId, stubSnapshot(workerId), "snapshot:"));
    const oldest = retained[0]?.sequence ?? 0;
    if (given !== null && (after > this.#sequence || (after !== 0 && after < oldest))) {
      const diagnostic = { code: "runtime.cursor_unknown_or_expired", message: "its own words" };
      socket.write(frame(JSON.stringify({ kind: "diagnostic", diagnostic })));
      socket.end();
      return;
    }
    for (const { sequence, payload } of retained) {
      if (sequence > after) socket.write(eventFrame(sequence, workerId, payload));
    }
    const observer = { workerId, socket };
    this.#observers.add(observer);
    socket.on("close", () => this.#observers.delete(observer));
    socket.resume();
  }

  #create(profile: unknown): PeerWorker {
    this.#created += 1;
    const id = `worker-${this.#created.toString(16).padStart(8, "0")}`;
    const worker: PeerWorker = { id, profile, status: "running", runState: "idle", outcome: "accepted", lines: [] };
    this.#workers.set(id, worker);
    return worker;
  }

  #detail() {
    const count = this.#workers.size;
    return {
      runtime_id: RUNTIME_ID,
      display_name: null,
      backend: "memory",
      status: "running",
      worker_count: count,
      active_worker_count: count,
      stopped_worker_count: 0,
      cancelled_worker_count: 0,
      diagnostic_count: 0,
      limits: { max_transcript_projection_items: 256, max_event_batch_items: 256 },
    };
  }

  #worker({ id, profile, status, runState, outcome, lines }: PeerWorker) {
    return {
      worker_ref: refOf(id),
      runtime_id: RUNTIME_ID,
      worker_id: id,
      status,
      execution: {
        backend: "connected",
        run_state: runState,
        binding: { backend_id: "worker-crate" },
        last_result: { operation: "input", outcome, run_state: runState },
      },
      profile,
      config_bundle: { id: "workspace-runtime-runtime_default", digest: DIGEST },
      transcript_len: lines.length,
      last_event_id: 2,
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.drop();
    return this.#server[Symbol.asyncDispose]();
  }
}

const RUNTIME_ID = "lab";
const refOf = (workerId: string) => ({ runtime_id: RUNTIME_ID, worker_id: workerId });
const cursorOf = (sequence: number): string => `wo_${sequence.toString(16).padStart(16, "0")}`;

function eventFrame(sequence: number, workerId: string, payload: unknown, prefix = ""): Uint8Array {
  const cursor = cursorOf(sequence);
  const envelope = { cursor, event_id: `${prefix}${cursor}`, worker_id: workerId, payload };
  return frame(JSON.stringify({ kind: "event", envelope }));
}

function stubSnapshot(workerId: string) {
  const greeting = {
    worker_name: workerId,
    cwd: "",
    provider: "worker-runtime",
    model: "worker-runtime",
    scope_summary: "runtime worker observation",
    tools: [],
    context_window: 0,
    context_tokens: 0,
  };
  return { event: "snapshot", data: { entries: [], greeting, status: "idle" } };
}
