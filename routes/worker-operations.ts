/**
 * The API's operations on Runtimes, hosts, Workers and config bundles, as its description lists them.
 */
import * as z from "zod/mini";
import * as api from "../protocol/backend-api.ts";
import { json, type Operation } from "../protocol/operation.ts";
import { BUNDLE_EXAMPLE } from "./operation-examples.ts";
import { REASON, RUNTIME_PATH, WORKER_PATH } from "./operation-parts.ts";
import { BODY, BUNDLE, INPUT, REMOTE, RUNTIME, SPAWN, STORE, WORKER } from "./operation-problems.ts";

/** What there is. */
export const WORKSPACE_OPERATIONS = [
  {
    id: "getWorkspace",
    method: "GET",
    path: "/api/workspace",
    group: "workspace",
    summary: "The workspace.",
    answer: json(api.WorkspaceSummary),
    problems: [],
  },
  {
    id: "listRuntimes",
    method: "GET",
    path: "/api/runtimes",
    group: "workspace",
    summary: "All Runtimes.",
    answer: json(api.listOf(api.RuntimeSummary)),
    problems: [],
  },
  {
    id: "getRuntime",
    method: "GET",
    path: RUNTIME_PATH,
    group: "workspace",
    summary: "One Runtime.",
    answer: json(api.RuntimeSummary),
    problems: RUNTIME,
  },
  {
    id: "listHosts",
    method: "GET",
    path: "/api/hosts",
    group: "workspace",
    summary: "All hosts.",
    answer: json(api.listOf(api.HostSummary)),
    problems: [],
  },
  {
    id: "listHostWorkers",
    method: "GET",
    path: "/api/hosts/:host_id/workers",
    group: "workspace",
    summary: "The Workers on a host.",
    answer: json(api.listOf(api.WorkerSummary)),
    problems: ["invalid_id", "host_not_found", ...REMOTE],
  },
] as const satisfies readonly Operation[];

/** Workers and what they are told. */
export const WORKER_OPERATIONS = [
  {
    id: "listWorkers",
    method: "GET",
    path: "/api/workers",
    group: "workers",
    summary: "The Workers of all Runtimes. A Runtime that can't tell them is named in the diagnostics.",
    answer: json(api.listOf(api.WorkerSummary)),
    problems: [],
  },
  {
    id: "listRuntimeWorkers",
    method: "GET",
    path: `${RUNTIME_PATH}/workers`,
    group: "workers",
    summary: "The Workers of one Runtime.",
    answer: json(api.listOf(api.WorkerSummary)),
    problems: RUNTIME,
  },
  {
    id: "spawnWorker",
    method: "POST",
    path: `${RUNTIME_PATH}/workers`,
    group: "workers",
    summary: "Makes a Worker; an empty object is enough.",
    body: { schema: api.WorkerSpawnRequest, example: { requested_worker_name: "Scout" } },
    answer: json(api.WorkerSpawnResult),
    problems: [...RUNTIME, ...SPAWN, ...INPUT, "invalid_initial_input_kind", "config_bundle_missing"],
  },
  {
    id: "getWorker",
    method: "GET",
    path: WORKER_PATH,
    group: "workers",
    summary: "One Worker.",
    answer: json(api.WorkerSummary),
    problems: WORKER,
  },
  {
    id: "renameWorker",
    method: "PATCH",
    path: WORKER_PATH,
    group: "workers",
    summary: "Gives a Worker another name, which decides nothing.",
    body: { schema: api.WorkerRenameRequest, example: { display_name: "Scout" } },
    answer: json(api.WorkerSummary),
    problems: [...WORKER, ...BODY, ...STORE, "unsupported"],
  },
  {
    id: "sendInput",
    method: "POST",
    path: `${WORKER_PATH}/input`,
    group: "workers",
    summary: "Sends a message. It is kept when this answers; the same submission_id never starts a second run.",
    body: { schema: api.WorkerInputRequest, example: { content: "Hello", submission_id: "s-5f0c" } },
    answer: json(api.WorkerInputResult),
    problems: [...WORKER, ...INPUT],
  },
  {
    id: "cancelRun",
    method: "POST",
    path: `${WORKER_PATH}/cancel`,
    group: "workers",
    summary: "Ends the run that is going and keeps its text.",
    body: { schema: api.CancelRequest, example: REASON },
    answer: json(api.WorkerLifecycleResult),
    problems: [...WORKER, ...BODY, ...STORE, "worker_stopped", "unsupported"],
  },
  {
    id: "stopWorker",
    method: "POST",
    path: `${WORKER_PATH}/stop`,
    group: "workers",
    summary: "Ends the Worker for good.",
    body: { schema: api.LifecycleRequest, example: REASON },
    answer: json(api.WorkerLifecycleResult),
    problems: [...WORKER, ...BODY, ...STORE, "worker_stopped", "unsupported"],
  },
] as const satisfies readonly Operation[];

/** Config bundles of a Runtime. */
export const BUNDLE_OPERATIONS = [
  {
    id: "storeConfigBundle",
    method: "POST",
    path: `${RUNTIME_PATH}/config-bundles`,
    group: "config bundles",
    summary: "Stores a config bundle in the Runtime.",
    body: { schema: api.ConfigBundleRequest, example: { bundle: BUNDLE_EXAMPLE } },
    answer: json(api.ConfigBundleResult),
    problems: [
      ...BUNDLE,
      ...BODY,
      ...STORE,
      "config_bundle_digest_mismatch",
      "unsupported_config_declaration",
      "too_many_config_bundles",
    ],
  },
  {
    id: "checkConfigBundle",
    method: "GET",
    path: `${RUNTIME_PATH}/config-bundles/:bundle_id/availability`,
    group: "config bundles",
    summary: "Whether the Runtime has a config bundle.",
    query: [
      {
        name: "digest",
        schema: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
        isRequired: true,
        example: BUNDLE_EXAMPLE.metadata.digest,
      },
    ],
    answer: json(api.ConfigBundleResult),
    problems: [...BUNDLE, "invalid_query", "config_bundle_missing", "config_bundle_digest_mismatch"],
  },
] as const satisfies readonly Operation[];
