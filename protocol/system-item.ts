/**
 * SystemItems: what the system, rather than a person, put before the model.
 *
 * Owns the known kinds. They are shown as quiet lines, so an unknown kind needs no more than its name.
 */
import * as z from "zod/mini";
import { openEnum } from "./open-enum.ts";
import { openUnion, type UnknownVariant } from "./open-union.ts";

const body = z.string();

const KnownWorkerEvent = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("turn_ended"), worker_name: z.string() }),
  z.looseObject({ kind: z.literal("errored"), worker_name: z.string(), message: z.string() }),
  z.looseObject({ kind: z.literal("shut_down"), worker_name: z.string() }),
  z.looseObject({
    kind: z.literal("scope_sub_delegated"),
    parent_worker: z.string(),
    sub_worker: z.string(),
    sub_socket: z.string(),
    scope: z.array(
      z.looseObject({
        target: z.string(),
        permission: openEnum(["read", "write"]),
        recursive: z._default(z.boolean(), true),
      }),
    ),
  }),
]);

const KnownSystemItem = z.discriminatedUnion("kind", [
  z.looseObject({ kind: z.literal("notification"), message: z.string(), body }),
  z.looseObject({ kind: z.literal("worker_event"), event: openUnion(KnownWorkerEvent), body }),
  z.looseObject({ kind: z.literal("file_attachment"), path: z.string(), body }),
  z.looseObject({ kind: z.literal("knowledge"), slug: z.string(), body }),
  z.looseObject({ kind: z.literal("workflow"), slug: z.string(), body }),
  z.looseObject({
    kind: z.literal("task_reminder"),
    source: z._default(openEnum(["task_inactivity"]), "task_inactivity"),
    body,
  }),
  z.looseObject({ kind: z.literal("interrupt"), body }),
]);

/** `{"kind":"interrupt","body":"…"}` and its siblings; `body` is the text that the model saw. */
export const SystemItem = openUnion(KnownSystemItem);
export type SystemItem = z.infer<typeof KnownSystemItem> | UnknownVariant<"kind">;
