/**
 * The protocol's shapes as the reference's decoders insist on them.
 *
 * Owns what is stricter than our own reading: keys that must be there, enums that are closed (an unknown value ends a
 * stream there), one wrapper key around each body. Keys that nobody knows are allowed everywhere.
 */
import * as z from "zod/mini";
import { ConfigBundleAvailability, ConfigBundleSummary } from "../../protocol/config-bundle.ts";
import { WorkerRef } from "../../protocol/id.ts";
import { uint } from "../../protocol/number.ts";
import {
  ConfigBundleRef,
  EntryPage,
  RuntimeDetail,
  TranscriptItem,
  TranscriptPage,
  WorkerDetail,
  WorkerInteractionAck,
  WorkerLifecycleAck,
} from "../../protocol/runtime-api.ts";

const lifecycle = z.enum(["running", "stopped", "cancelled"]);
const runState = z.enum(["unconnected", "idle", "busy", "rejected", "errored", "stopped"]);

const result = z.looseObject({
  operation: z.enum(["spawn", "input", "stop", "cancel"]),
  outcome: z.enum(["accepted", "busy", "rejected", "errored", "unsupported"]),
  run_state: runState,
  message: z.nullish(z.string()),
});

const execution = z.looseObject({
  backend: z.enum(["unconnected", "stale", "connected"]),
  run_state: runState,
  binding: z.nullish(z.looseObject({ backend_id: z.string() })),
  last_result: z.nullish(result),
});

const worker = z.extend(WorkerDetail, { status: lifecycle, execution, config_bundle: ConfigBundleRef });

/** A Worker. */
export type WorkerShape = z.infer<typeof worker>;

/** The bodies of successes, each under its wrapper key. */
export const Body = {
  runtime: z.looseObject({
    runtime: z.extend(RuntimeDetail, {
      display_name: z.nullable(z.string()),
      backend: z.enum(["memory", "fs_store"]),
      status: z.enum(["running", "stopped"]),
      worker_creation_available: z.optional(z.boolean()),
    }),
  }),
  bundles: z.looseObject({ bundles: z.array(ConfigBundleSummary) }),
  availability: z.looseObject({ availability: ConfigBundleAvailability }),
  workers: z.looseObject({ workers: z.array(worker) }),
  worker: z.looseObject({ worker }),
  input: z.looseObject({ ack: z.extend(WorkerInteractionAck, { status: lifecycle }) }),
  ended: z.looseObject({ ack: z.extend(WorkerLifecycleAck, { status: lifecycle }) }),
  transcript: z.looseObject({
    transcript: z.extend(TranscriptPage, {
      items: z.array(
        z.extend(TranscriptItem, { role: z.enum(["user", "assistant", "system"]), worker_ref: WorkerRef }),
      ),
      next_start: z.nullable(uint),
    }),
  }),
  entries: z.looseObject({ entries: EntryPage }),
} as const;
