/**
 * The API's operations on conversations, as its description lists them: any Worker's, and the Companion's by its own routes.
 */
import * as z from "zod/mini";
import * as api from "../protocol/backend-api.ts";
import { ConversationFile } from "../protocol/conversation-file.ts";
import { IndexText, json, type Operation } from "../protocol/operation.ts";
import { CONVERSATION_EXAMPLE } from "./operation-examples.ts";
import { PAGE, REASON, RUNTIME_PATH, WORKER_PATH } from "./operation-parts.ts";
import { BODY, INPUT, RUNTIME, SPAWN, STORE, WORKER } from "./operation-problems.ts";

/** What was said, as it is read, followed and carried elsewhere. */
export const CONVERSATION_OPERATIONS = [
  {
    id: "getTranscript",
    method: "GET",
    path: `${WORKER_PATH}/transcript`,
    group: "conversations",
    summary: "A page of lines, from the oldest.",
    query: PAGE,
    answer: json(api.WorkerTranscript),
    problems: [...WORKER, "invalid_query"],
  },
  {
    id: "getEntries",
    method: "GET",
    path: `${WORKER_PATH}/entries`,
    group: "conversations",
    summary: "A page of entries that ends before an index, so that one can read upwards.",
    query: [{ name: "before", schema: IndexText }, PAGE[1]],
    answer: json(api.WorkerEntries),
    problems: [...WORKER, "invalid_query", "unsupported"],
  },
  {
    id: "observe",
    method: "GET",
    path: `${WORKER_PATH}/events/ws`,
    group: "conversations",
    summary: "The observation socket: a snapshot, or what followed the cursor, and then what happens.",
    query: [
      { name: "cursor", schema: z.string() },
      { name: "heartbeat", schema: z.literal("1") },
      { name: "viewer_id", schema: z.string() },
    ],
    answer: "socket",
    problems: [...WORKER, "websocket_upgrade_required"],
  },
  {
    id: "observeStream",
    method: "GET",
    path: `${WORKER_PATH}/events`,
    group: "conversations",
    summary: "The same frames as server-sent events, for where WebSockets don't get through.",
    query: [
      { name: "cursor", schema: z.string() },
      { name: "heartbeat", schema: z.enum(["0", "1"]) },
      { name: "viewer_id", schema: z.string() },
    ],
    answer: { "text/event-stream": null },
    problems: WORKER,
  },
  {
    id: "exportConversation",
    method: "GET",
    path: `${WORKER_PATH}/export`,
    group: "conversations",
    summary: "The conversation as a file, for people or for an import.",
    query: [
      { name: "format", schema: z.enum(["json", "markdown"]), example: "json" },
      { name: "thinking", schema: z.enum(["0", "1"]) },
      { name: "lang", schema: z.enum(["en", "ja"]) },
    ],
    answer: { ...json(ConversationFile), "text/markdown": null },
    problems: [...WORKER, "invalid_query", "unsupported"],
  },
  {
    id: "importConversation",
    method: "POST",
    path: `${RUNTIME_PATH}/workers/import`,
    group: "conversations",
    summary: "Makes a Worker with the conversation of a file.",
    body: { schema: ConversationFile, example: CONVERSATION_EXAMPLE },
    answer: json(api.WorkerSpawnResult),
    problems: [...RUNTIME, ...SPAWN, ...BODY, "rate_limited"],
  },
] as const satisfies readonly Operation[];

/** The Companion. */
export const COMPANION_OPERATIONS = [
  {
    id: "getCompanionStatus",
    method: "GET",
    path: "/api/companion/status",
    group: "companion",
    summary: "Where the Companion stands.",
    answer: json(api.CompanionStatus),
    problems: WORKER,
  },
  {
    id: "getCompanionTranscript",
    method: "GET",
    path: "/api/companion/transcript",
    group: "companion",
    summary: "A page of the Companion's lines, from the oldest.",
    query: PAGE,
    answer: json(api.CompanionTranscript),
    problems: [...WORKER, "invalid_query"],
  },
  {
    id: "sendCompanionMessage",
    method: "POST",
    path: "/api/companion/messages",
    group: "companion",
    summary: "Sends the Companion a message.",
    body: { schema: api.CompanionMessageRequest, example: { content: "Hello", submission_id: "s-60aa" } },
    answer: json(api.CompanionMessageResponse),
    problems: [...WORKER, ...INPUT],
  },
  {
    id: "cancelCompanion",
    method: "POST",
    path: "/api/companion/cancel",
    group: "companion",
    summary: "Ends the Companion's run.",
    body: { schema: api.CancelRequest, example: REASON },
    answer: json(api.CompanionMessageResponse),
    problems: [...WORKER, ...BODY, ...STORE, "worker_stopped", "unsupported"],
  },
] as const satisfies readonly Operation[];
