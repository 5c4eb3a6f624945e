/**
 * AsyncAPI 3 of the observation sockets.
 *
 * Owns the description of the frames on both hops: from a Runtime to its Backend, and from the Backend to its viewers. The
 * frames leave their payload unparsed; here it is an event, as every side that reads it takes it.
 */
import * as entries from "./entry.ts";
import { Event } from "./event.ts";
import * as events from "./event.ts";
import * as frames from "./frame.ts";
import * as ids from "./id.ts";
import { createSchemaBook, type JsonSchema } from "./json-schema.ts";
import * as segments from "./segment.ts";

/** An AsyncAPI document, as plain data. */
export type AsyncApiDocument = Readonly<Record<string, unknown>>;

const KINDS = ["event", "diagnostic", "heartbeat"] as const;
const SAID = {
  event: "An event of the Worker, or a snapshot of where it stands.",
  diagnostic: "Why the stream ends; the socket closes next.",
  heartbeat: "A sign of life with the newest cursor; only for those who connect with heartbeat=1.",
} as const;

/** Makes the document. @param version The project's own, e.g. `0.1.0`. */
export function createAsyncApi(version: string): AsyncApiDocument {
  const book = createSchemaBook([frames, events, entries, segments, ids]);
  const event = book.schemaOf(Event);
  const hops = {
    viewer: { address: "/api/runtimes/{runtime_id}/workers/{worker_id}/events/ws", frame: frames.ClientFrame },
    runtime: { address: "/v1/workers/{worker_id}/events/ws", frame: frames.RuntimeFrame },
  } as const;
  const messages: Record<string, unknown> = {};
  const channels: Record<string, unknown> = {};
  const operations: Record<string, unknown> = {};
  for (const [hop, { address, frame }] of Object.entries(hops)) {
    const names = KINDS.map((kind) => `${hop}.${kind}`);
    KINDS.forEach((kind, index) => {
      const option = frame.def.options[index];
      if (option === undefined) throw new Error(`Cannot describe the frames: there is no ${kind}`);
      const payload = withPayload(book.schemaOf(option), event);
      messages[`${hop}.${kind}`] = { name: kind, contentType: "application/json", summary: SAID[kind], payload };
    });
    const parameters = Array.from(address.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? "");
    channels[hop] = {
      address,
      parameters: Object.fromEntries(parameters.map((name) => [name, { description: `The Worker's ${name}.` }])),
      messages: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
      bindings: {
        ws: {
          method: "GET",
          query: {
            type: "object",
            properties: {
              cursor: {
                type: "string",
                description: "The newest position that you have; without one comes a snapshot.",
              },
              heartbeat: { type: "string", enum: ["1"] },
            },
          },
        },
      },
    };
    operations[`${hop}.observe`] = {
      action: "send",
      channel: { $ref: `#/channels/${hop}` },
      summary: hop === "viewer" ? "The Backend tells its viewers." : "A Runtime tells its Backend.",
      messages: names.map((name) => ({ $ref: `#/channels/${hop}/messages/${name}` })),
    };
  }
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Observation of Workers",
      version,
      description: "Frames of the observation sockets, on both hops. The sockets take no frames.",
    },
    defaultContentType: "application/json",
    channels,
    operations,
    components: { messages, schemas: book.components() },
  };
}

/** An event's frame with what its payload is; the others as they are. */
function withPayload(schema: JsonSchema, event: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) => (key === "payload" ? event : value)) as JsonSchema; // why: a schema written anew
}
