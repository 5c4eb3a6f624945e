/**
 * The API's operations on the server itself, as its description lists them, and what the offline demo adds.
 */
import * as z from "zod/mini";
import {
  DropConnectionRequest,
  DropConnectionResult,
  RestartRuntimeRequest,
  RestartRuntimeResult,
} from "../protocol/demo.ts";
import { json, type Operation } from "../protocol/operation.ts";
import { ViewerRules } from "../protocol/viewer-rules.ts";
import { BODY, REMOTE, STORE } from "./operation-problems.ts";

/** Rules, health, figures and descriptions. */
export const SERVER_OPERATIONS = [
  {
    id: "getViewerRules",
    method: "GET",
    path: "/api/viewer-rules",
    group: "server",
    summary: "Who may only read, and from whom the inner work of Workers is hidden; for owners.",
    answer: json(ViewerRules),
    problems: [],
  },
  {
    id: "setViewerRules",
    method: "PUT",
    path: "/api/viewer-rules",
    group: "server",
    summary: "Changes these rules, at once and for open sockets too; for owners.",
    body: {
      schema: ViewerRules,
      example: { read_only: ["*@guests.example", "!ada@guests.example"], hide_inner_work: [] },
    },
    answer: json(ViewerRules),
    problems: [...BODY, "store_failed"],
  },
  {
    id: "getHealth",
    method: "GET",
    path: "/healthz",
    group: "server",
    summary: "Whether the process answers.",
    answer: json(z.object({ status: z.literal("ok") })),
    problems: [],
  },
  {
    id: "getReadiness",
    method: "GET",
    path: "/readyz",
    group: "server",
    summary: "Whether the server can do its work; a problem says what keeps it.",
    answer: json(z.object({ status: z.literal("ready") })),
    problems: [...STORE, ...REMOTE],
  },
  {
    id: "getMetrics",
    method: "GET",
    path: "/metrics",
    group: "server",
    summary: "The server's figures for Prometheus.",
    answer: { "text/plain": null },
    problems: [],
  },
  {
    id: "getOpenApi",
    method: "GET",
    path: "/api/openapi.json",
    group: "server",
    summary: "This API as OpenAPI 3.1.",
    answer: json(z.looseObject({ openapi: z.literal("3.1.0") })),
    problems: [],
  },
  {
    id: "getAsyncApi",
    method: "GET",
    path: "/api/asyncapi.json",
    group: "server",
    summary: "The frames of the observation sockets as AsyncAPI 3.",
    answer: json(z.looseObject({ asyncapi: z.literal("3.0.0") })),
    problems: [],
  },
  {
    id: "getReference",
    method: "GET",
    path: "/api/reference",
    group: "server",
    summary: "This API as a page for people.",
    answer: { "text/html": null },
    problems: [],
  },
] as const satisfies readonly Operation[];

/** What may be provoked where the offline demo answers. */
export const DEMO_OPERATIONS = [
  {
    id: "dropConnection",
    method: "POST",
    path: "/api/demo/drop-connection",
    group: "demo",
    summary: "Offline demo only: cuts a page's socket.",
    body: { schema: DropConnectionRequest, example: { viewer_id: "v-5f0c" } },
    answer: json(DropConnectionResult),
    problems: BODY,
  },
  {
    id: "restartRuntime",
    method: "POST",
    path: "/api/demo/restart-runtime",
    group: "demo",
    summary: "Offline demo only: closes the embedded Runtime and opens it again.",
    body: { schema: RestartRuntimeRequest, example: {} },
    answer: json(RestartRuntimeResult),
    problems: [...BODY, ...STORE, "store_locked"],
  },
] as const satisfies readonly Operation[];
