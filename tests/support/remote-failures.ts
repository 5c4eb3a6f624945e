/**
 * Every way in which a Runtime elsewhere fails, provoked for real.
 *
 * Owns the list: what stands at the other end, and the code that it must become. Whatever the other end says carries a
 * canary, so that a test can look for it where it must not be.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { ProblemCode } from "../../protocol/problem.ts";
import { holdClosedPort } from "./closed-port.ts";
import {
  acceptUpgrade,
  closeFrame,
  frame,
  HostileServer,
  json,
  refuseUpgrade,
  type Hostility,
} from "./hostile-server.ts";
import { DEADLINE_MS } from "./within.ts";

/** Stands in everything that the other end says of itself. */
export const CANARY = "CANARY-said-by-the-peer";

/** The id under which every Runtime of these tests is configured. */
export const LAB = "lab";
/** The Worker that is asked for. */
export const WORKER = "worker-00000001";

/** A place where a Runtime should be. */
export interface BrokenPlace extends AsyncDisposable {
  readonly baseUrl: string;
  /** Words that must not appear anywhere, besides the canary. */
  readonly secrets: readonly string[];
}

/** One way to fail. */
export interface RemoteFailure {
  readonly name: string;
  readonly code: ProblemCode;
  readonly place: () => Promise<BrokenPlace>;
}

/** How long a client waits: not long where that is the failure, and long enough not to be one where it is another. */
export const timeoutsFor = (code: ProblemCode) => ({
  requestTimeoutMs: code === "runtime_timeout" ? 300 : DEADLINE_MS,
});

function served(hostility: Hostility, scheme = "http", host = "127.0.0.1"): () => Promise<BrokenPlace> {
  return async () => {
    const server = await HostileServer.start(hostility);
    return {
      baseUrl: `${scheme}://${host}:${server.port}`,
      secrets: [`${host}:${server.port}`, String(server.port)],
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  };
}

async function closedPort(): Promise<BrokenPlace> {
  const closed = await holdClosedPort();
  return {
    baseUrl: `http://127.0.0.1:${closed.port}`,
    secrets: [String(closed.port)],
    [Symbol.asyncDispose]: () => closed[Symbol.asyncDispose](),
  };
}

const error = (code: string) => ({ error: { code, message: `${CANARY} ${code}` } });
const answer = (status: number, body: unknown): Hostility => ({ http: (_, response) => json(response, status, body) });
const raw = (write: (response: ServerResponse, request: IncomingMessage) => void): Hostility => ({
  http: (request, response) => write(response, request),
});
const HUGE = "x".repeat(1024 * 1024);

/** What the Runtime says of itself; `runtime_id` may be wrong. */
export const runtimeBody = (runtimeId: string = LAB) => ({
  runtime: {
    runtime_id: runtimeId,
    display_name: null,
    backend: "memory",
    status: "running",
    worker_count: 1,
    active_worker_count: 1,
    stopped_worker_count: 0,
    cancelled_worker_count: 0,
    diagnostic_count: 0,
    limits: { max_transcript_projection_items: 256, max_event_batch_items: 256 },
  },
});

/** Failures of whatever is asked for over HTTP. */
export const HTTP_FAILURES: readonly RemoteFailure[] = [
  { name: "a closed port", code: "runtime_refused", place: closedPort },
  {
    name: "a name that can't be looked up",
    code: "runtime_name_unknown",
    place: async () => ({
      baseUrl: "http://no-such-name-canary.invalid:38800",
      secrets: ["no-such-name-canary", "38800"],
      [Symbol.asyncDispose]: async () => {},
    }),
  },
  {
    name: "a certificate nobody vouches for",
    code: "runtime_tls_failed",
    place: served({ tls: true }, "https", "localhost"),
  },
  { name: "no TLS where it should be", code: "runtime_tls_failed", place: served({}, "https") },
  { name: "401", code: "runtime_auth_failed", place: served(answer(401, error("unauthorized"))) },
  { name: "403", code: "runtime_auth_failed", place: served(answer(403, error("worker_busy"))) },
  { name: "no answer", code: "runtime_timeout", place: served(raw(() => {})) },
  {
    name: "an answer that stalls",
    code: "runtime_timeout",
    place: served(raw((response) => response.writeHead(200).write('{"runtime":'))),
  },
  {
    name: "a page",
    code: "runtime_malformed_answer",
    place: served(raw((response) => response.end(`<p>${CANARY}</p>`))),
  },
  {
    name: "JSON that breaks off",
    code: "runtime_malformed_answer",
    place: served(raw((response) => response.end(`{"runtime":{"runtime_id":"${CANARY}`))),
  },
  { name: "JSON of another shape", code: "runtime_malformed_answer", place: served(answer(200, { canary: CANARY })) },
  {
    name: "bytes that are no text",
    code: "runtime_malformed_answer",
    place: served(raw((response) => response.end(Buffer.from([0x22, 0xc3, 0x28, 0x22])))),
  },
  {
    name: "an answer of twenty megabytes",
    code: "runtime_answer_too_large",
    place: served(raw((response) => response.end(`"${HUGE.repeat(20)}"`))),
  },
  {
    name: "an answer without an end",
    code: "runtime_answer_too_large",
    place: served(
      raw((response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(HUGE));
        };
        response.on("drain", more);
        more();
      }),
    ),
  },
  {
    name: "a connection that is cut in the answer",
    code: "runtime_network_failed",
    place: served(
      raw((response) => {
        response.writeHead(200, { "Content-Length": "1000" }).write("{");
        response.socket?.end();
      }),
    ),
  },
  {
    name: "something that is no HTTP",
    code: "runtime_network_failed",
    place: served(raw((response) => response.socket?.end(`${CANARY}\r\n\r\n`))),
  },
  {
    name: "another Runtime",
    code: "runtime_wrong_identity",
    place: served(answer(200, runtimeBody("canary-runtime"))),
  },
  {
    name: "404 of a proxy with nothing behind it",
    code: "runtime_unavailable",
    place: served(raw((response) => response.writeHead(404).end(CANARY))),
  },
  {
    name: "404 without a body",
    code: "runtime_unavailable",
    place: served(raw((response) => response.writeHead(404).end())),
  },
  {
    name: "405",
    code: "runtime_unavailable",
    place: served(raw((response) => response.writeHead(405).end(CANARY))),
  },
  { name: "501", code: "runtime_unavailable", place: served(answer(501, error(CANARY))) },
  { name: "500", code: "runtime_failed", place: served(answer(500, error("store_io"))) },
  {
    name: "502 of a proxy",
    code: "runtime_failed",
    place: served(raw((response) => response.writeHead(502).end(CANARY))),
  },
  { name: "503", code: "runtime_unavailable", place: served(answer(503, error("x"))) },
  { name: "a refusal with an unknown code", code: "runtime_rejected", place: served(answer(418, error(CANARY))) },
  {
    name: "a redirect",
    code: "runtime_redirected",
    place: served(raw((response) => response.writeHead(307, { Location: `http://127.0.0.1:1/${CANARY}` }).end(CANARY))),
  },
];

const healthy = (upgrade: (request: IncomingMessage, socket: Duplex) => void): (() => Promise<BrokenPlace>) =>
  served({
    http: (request, response) =>
      request.url === "/v1/runtime" ? json(response, 200, runtimeBody()) : json(response, 500, error("internal")),
    upgrade,
  });
const refused = (status: number, body: string, headers: readonly string[] = []) =>
  healthy((_, socket) => refuseUpgrade(socket, status, headers, body));
const sends = (...parts: readonly Uint8Array[]) =>
  healthy((request, socket) => {
    acceptUpgrade(request, socket);
    for (const part of parts) socket.write(part);
  });
const diagnostic = (code: string, problem?: string) =>
  frame(JSON.stringify({ kind: "diagnostic", diagnostic: { code, message: CANARY, ...(problem ? { problem } : {}) } }));
/** An event's frame. */
export const eventFrame = (cursor: string, payload: unknown, workerId = WORKER) =>
  frame(JSON.stringify({ kind: "event", envelope: { cursor, event_id: cursor, worker_id: workerId, payload } }));

/** Failures of an observation whose Runtime is otherwise well. */
export const SOCKET_FAILURES: readonly RemoteFailure[] = [
  {
    name: "401 on the upgrade",
    code: "runtime_auth_failed",
    place: refused(401, JSON.stringify(error("unauthorized"))),
  },
  { name: "403 on the upgrade", code: "runtime_auth_failed", place: refused(403, "") },
  {
    name: "404 on the upgrade",
    code: "worker_not_found",
    place: refused(404, JSON.stringify(error("worker_not_found"))),
  },
  {
    name: "400 on the upgrade",
    code: "worker_not_found",
    place: refused(400, JSON.stringify(error("invalid_worker_id"))),
  },
  { name: "500 on the upgrade", code: "runtime_failed", place: refused(500, CANARY) },
  {
    name: "a redirect of the upgrade",
    code: "runtime_redirected",
    place: refused(302, "", [`Location: http://127.0.0.1:1/${CANARY}`]),
  },
  { name: "no upgrade but 200", code: "runtime_malformed_answer", place: refused(200, CANARY) },
  { name: "a cut in the handshake", code: "runtime_network_failed", place: healthy((_, socket) => socket.destroy()) },
  { name: "no answer to the upgrade", code: "runtime_timeout", place: healthy(() => {}) },
  {
    name: "an answer to the upgrade that comes byte by byte",
    code: "runtime_timeout",
    place: healthy((_, socket) => {
      socket.write("HTTP/1.1 503 No\r\nContent-Length: 8000\r\n\r\n");
      const trickle = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(trickle));
    }),
  },
  { name: "a frame that is no JSON", code: "malformed_frame", place: sends(frame(CANARY)) },
  { name: "a frame of no kind", code: "malformed_frame", place: sends(frame(JSON.stringify({ canary: CANARY }))) },
  {
    name: "an event of a wrong shape",
    code: "malformed_frame",
    place: sends(eventFrame("wo_01", { event: "text_delta", data: { text: 7, canary: CANARY } })),
  },
  { name: "a cursor of a wrong shape", code: "malformed_frame", place: sends(eventFrame("☃", { event: "shutdown" })) },
  { name: "a binary frame", code: "malformed_frame", place: sends(frame(Uint8Array.of(1, 2, 3), 2)) },
  { name: "a text frame that is no text", code: "malformed_frame", place: sends(frame(Uint8Array.of(0xc3, 0x28))) },
  { name: "a frame of an unknown kind of frame", code: "malformed_frame", place: sends(frame("x", 3)) },
  { name: "a frame that is too large", code: "malformed_frame", place: sends(frame(JSON.stringify(HUGE.repeat(20)))) },
  {
    name: "another Worker's event",
    code: "runtime_wrong_identity",
    place: sends(eventFrame("wo_01", { event: "shutdown" }, "canary-worker")),
  },
  { name: "a Close without a word", code: "runtime_network_failed", place: sends(closeFrame(1000)) },
  { name: "a Close of a server that goes away", code: "runtime_unavailable", place: sends(closeFrame(1001)) },
  { name: "a Close with a problem's code", code: "worker_not_found", place: sends(closeFrame(4404)) },
  ...(
    [
      ["runtime.worker_not_found", "worker_not_found"],
      ["runtime.unavailable", "runtime_unavailable"],
      ["runtime.upstream_closed", "runtime_unavailable"],
      ["runtime.websocket_error", "runtime_network_failed"],
      ["runtime.serialize_failed", "malformed_frame"],
      [`runtime.${CANARY}`, "runtime_failed"],
    ] as const
  ).map(([said, code]) => ({ name: `the diagnostic ${said}`, code, place: sends(diagnostic(said)) })),
];

/** Diagnostics about a cursor: a Backend does not show these but begins anew. */
export const CURSOR_FAILURES: readonly RemoteFailure[] = (
  [
    ["runtime.cursor_malformed", undefined, "cursor_malformed"],
    ["runtime.cursor_unknown_or_expired", undefined, "cursor_unknown"],
    ["runtime.cursor_unknown_or_expired", "cursor_expired", "cursor_expired"],
    ["runtime.cursor_unknown_or_expired", "cursor_foreign", "cursor_foreign"],
    ["runtime.cursor_expired", undefined, "cursor_expired"],
  ] as const
).map(([said, problem, code]) => ({
  name: `the diagnostic ${said}${problem ? ` for ${problem}` : ""}`,
  code,
  place: sends(diagnostic(said, problem)),
}));
