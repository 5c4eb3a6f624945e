/**
 * The Runtime's operations, as its description lists them.
 *
 * Owns one row for each route of the process, and the OpenAPI document that is made of them. Loaded when somebody first
 * asks for it. A test holds the rows to the routes.
 */
import * as z from "zod/mini";
import * as configBundle from "../../protocol/config-bundle.ts";
import * as conversationFile from "../../protocol/conversation-file.ts";
import * as entry from "../../protocol/entry.ts";
import * as id from "../../protocol/id.ts";
import { createOpenApi, type OpenApiDocument } from "../../protocol/openapi.ts";
import { IndexText, json, type Operation } from "../../protocol/operation.ts";
import { Diagnostic, type ProblemCode } from "../../protocol/problem.ts";
import * as runView from "../../protocol/run-view.ts";
import * as runtimeApi from "../../protocol/runtime-api.ts";
import * as segment from "../../protocol/segment.ts";
import { restError } from "./error-table.ts";
import { BundleBody, CancelBody, CreateBody, InputBody, StopBody } from "./request.ts";

const API_VERSION = "1.0.0";

const RestFailure = z.looseObject({ error: z.looseObject({ code: z.string(), message: z.string() }) });

/** How every command may fail. */
const COMMAND: readonly ProblemCode[] = ["invalid_json", "invalid_request", "request_too_slow", "shutting_down"];
const BODY: readonly ProblemCode[] = [...COMMAND, "unsupported_media_type", "body_too_large"];
const STORE: readonly ProblemCode[] = ["store_full", "store_read_only", "store_failed"];
const WORKER: readonly ProblemCode[] = ["invalid_id", "worker_not_found", "runtime_stopped"];
const INPUT: readonly ProblemCode[] = [
  ...BODY,
  ...STORE,
  "input_empty",
  "input_too_large",
  "worker_busy",
  "worker_stopped",
  "submission_conflict",
  "unsupported",
];
const SPAWN: readonly ProblemCode[] = ["too_many_workers", "invalid_profile_selector", "config_bundle_missing"];

const WORKER_PATH = "/v1/workers/:worker_id";
const worker = json(z.looseObject({ worker: runtimeApi.WorkerDetail }));
const REASON = { reason: "asked for by a person" };
const DIGEST = "aa1b29d3f42a38d2af789b3af8d06a61acd9aa41025387001516af1feada2500";
const BUNDLE_EXAMPLE = {
  metadata: {
    id: "demo-bundle",
    digest: DIGEST,
    revision: "r1",
    workspace_id: "ws-demo",
    created_at: "2026-01-02T03:04:05Z",
    provenance: { source: "demo-backend" },
  },
  profiles: [{ selector: { kind: "runtime_default" } }],
};
const CONVERSATION_EXAMPLE = {
  format: "yoi-conversation",
  version: 1,
  exported_at: "2026-11-21T08:00:00.000Z",
  worker: { runtime_id: "lab", worker_id: "w-1", display_name: "Scout", profile: { kind: "runtime_default" } },
  usage: { input_tokens: 9, output_tokens: 4, cache_read_input_tokens: 0, llm_calls: 1 },
  run: { state: "none" },
  older_entries: 0,
  entries: [{ kind: "user_input", ts: 1_782_700_001_000, segments: [{ kind: "text", content: "Hello" }] }],
};

function row(
  name: string,
  route: `${Operation["method"]} ${string}`,
  summary: string,
  rest: Pick<Operation, "answer" | "problems"> & Partial<Operation>,
): Operation {
  const [method, path = ""] = route.split(" ");
  // why: the type of `route` says which methods there are
  return { id: name, method: method as Operation["method"], path, group: groupOf(path), summary, ...rest };
}

/** What is not the protocol's, but the process's own. */
const OPERATION = "operation";

function groupOf(path: string): string {
  return path.startsWith("/v1/") ? (path.split("/")[2] ?? "") : OPERATION;
}

/** Every operation. */
export const RUNTIME_OPERATIONS: readonly Operation[] = [
  row("getRuntime", "GET /v1/runtime", "The Runtime.", {
    answer: json(z.looseObject({ runtime: runtimeApi.RuntimeDetail })),
    problems: [],
  }),
  row("getDiagnostics", "GET /v1/runtime/diagnostics", "What the Runtime has to remark.", {
    answer: json(z.looseObject({ diagnostics: z.array(Diagnostic) })),
    problems: [],
  }),
  row("listConfigBundles", "GET /v1/config-bundles", "The stored config bundles.", {
    answer: json(z.looseObject({ bundles: z.array(configBundle.ConfigBundleSummary) })),
    problems: [],
  }),
  row("storeConfigBundle", "POST /v1/config-bundles", "Stores a config bundle.", {
    body: { schema: BundleBody, example: { bundle: BUNDLE_EXAMPLE } },
    answer: json(z.looseObject({ availability: configBundle.ConfigBundleAvailability })),
    problems: [
      ...BODY,
      ...STORE,
      "config_bundle_digest_mismatch",
      "unsupported_config_declaration",
      "invalid_profile_selector",
      "too_many_config_bundles",
      "runtime_stopped",
    ],
  }),
  row("checkConfigBundle", "GET /v1/config-bundles/:bundle_id/availability", "Whether a config bundle is stored.", {
    query: [{ name: "digest", schema: z.string(), isRequired: true, example: DIGEST }],
    answer: json(z.looseObject({ availability: configBundle.ConfigBundleAvailability })),
    problems: ["invalid_request", "invalid_query", "config_bundle_missing", "config_bundle_digest_mismatch"],
  }),
  row("listWorkers", "GET /v1/workers", "All Workers.", {
    answer: json(z.looseObject({ workers: z.array(runtimeApi.WorkerDetail) })),
    problems: [],
  }),
  row("createWorker", "POST /v1/workers", "Makes a Worker.", {
    body: { schema: CreateBody, example: { profile: { kind: "runtime_default" }, display_name: "Scout" } },
    answer: worker,
    problems: [...INPUT, ...SPAWN, "invalid_initial_input_kind", "config_bundle_digest_mismatch", "runtime_stopped"],
  }),
  row("importWorker", "POST /v1/workers/import", "Makes a Worker with the conversation of a file.", {
    body: { schema: conversationFile.ConversationFile, example: CONVERSATION_EXAMPLE },
    answer: worker,
    problems: [...BODY, ...STORE, "too_many_workers", "runtime_stopped"],
  }),
  row("getWorker", `GET ${WORKER_PATH}`, "One Worker.", { answer: worker, problems: WORKER }),
  row("renameWorker", `PATCH ${WORKER_PATH}`, "Gives a Worker another name, which decides nothing.", {
    body: { schema: runtimeApi.RenameWorkerRequest, example: { display_name: "Scout" } },
    answer: worker,
    problems: [...WORKER, ...BODY, ...STORE],
  }),
  row("sendInput", `POST ${WORKER_PATH}/input`, "Sends a message; it is kept when this answers.", {
    body: { schema: InputBody, example: { kind: "user", content: "Hello", submission_id: "s-5f0c" } },
    answer: json(z.looseObject({ ack: runtimeApi.WorkerInteractionAck })),
    problems: [...WORKER, ...INPUT],
  }),
  row("stopWorker", `POST ${WORKER_PATH}/stop`, "Ends the Worker for good.", {
    body: { schema: StopBody, example: REASON },
    answer: json(z.looseObject({ ack: runtimeApi.WorkerLifecycleAck })),
    problems: [...WORKER, ...STORE, ...COMMAND, "worker_stopped"],
  }),
  row("cancelRun", `POST ${WORKER_PATH}/cancel`, "Ends the run that is going and keeps its text.", {
    body: { schema: CancelBody, example: REASON },
    answer: json(z.looseObject({ ack: runtimeApi.WorkerLifecycleAck })),
    problems: [...WORKER, ...STORE, ...COMMAND, "worker_stopped"],
  }),
  row("getTranscript", `GET ${WORKER_PATH}/transcript`, "A page of lines, from the oldest.", {
    query: [
      { name: "start", schema: IndexText },
      { name: "limit", schema: IndexText },
    ],
    answer: json(z.looseObject({ transcript: runtimeApi.TranscriptPage })),
    problems: [...WORKER, "invalid_query", "limit_too_large"],
  }),
  row("getEntries", `GET ${WORKER_PATH}/entries`, "A page of entries that ends before an index.", {
    query: [
      { name: "before", schema: IndexText },
      { name: "limit", schema: IndexText },
    ],
    answer: json(z.looseObject({ entries: runtimeApi.EntryPage })),
    problems: [...WORKER, "invalid_query"],
  }),
  row("observe", `GET ${WORKER_PATH}/events/ws`, "The observation socket.", {
    query: [
      { name: "cursor", schema: z.string() },
      { name: "heartbeat", schema: z.literal("1") },
    ],
    answer: "socket",
    problems: [...WORKER, "websocket_upgrade_required", "invalid_request", "shutting_down"],
  }),
  row("getHealth", "GET /healthz", "Whether the process answers. Needs no token.", {
    answer: json(z.looseObject({ status: z.literal("ok") })),
    problems: [],
  }),
  row("getReadiness", "GET /readyz", "Whether the Runtime can do its work. Needs no token.", {
    answer: json(z.looseObject({ status: z.literal("ready") })),
    problems: ["runtime_unavailable", "shutting_down"],
  }),
  row("getMetrics", "GET /metrics", "The process's figures, for Prometheus.", {
    answer: { "text/plain": null },
    problems: [],
  }),
  row("getOpenApi", "GET /v1/openapi.json", "This API as OpenAPI 3.1.", {
    answer: json(z.looseObject({ openapi: z.literal("3.1.0") })),
    problems: [],
  }),
];

/** The OpenAPI document. */
export function describeRuntimeApi(): OpenApiDocument {
  return createOpenApi({
    title: "A Runtime's API",
    description: "Commands to the Workers of one Runtime, and their observation. Meant for Backends.",
    version: API_VERSION,
    base: "/",
    operations: RUNTIME_OPERATIONS,
    modules: [runtimeApi, configBundle, conversationFile, entry, id, runView, segment, { Diagnostic, RestFailure }],
    pathParameters: { worker_id: z.string(), bundle_id: z.string() },
    commonProblems: ["unauthorized", "host_refused", "origin_refused", "internal"],
    failure: {
      mediaType: "application/json",
      schema: RestFailure,
      rowOf: restError,
      narrow: (codes) => ({
        type: "object",
        properties: { error: { type: "object", properties: { code: { enum: codes } } } },
      }),
    },
    securitySchemes: { token: { type: "http", scheme: "bearer", description: "The Runtime's token." } },
  });
}
