/**
 * What a Runtime elsewhere answers.
 *
 * Owns the schema of each kind of answer; whose answer it is, is checked by `remote.ts`.
 */
import * as z from "zod/mini";
import { ConfigBundleAvailability, ConfigBundleSummary } from "../../protocol/config-bundle.ts";
import {
  EntryPage,
  RuntimeDetail,
  TranscriptPage,
  WorkerDetail,
  WorkerInteractionAck,
  WorkerLifecycleAck,
} from "../../protocol/runtime-api.ts";

// A Runtime that does not have the key can create Workers.
const Detail = z.extend(RuntimeDetail, { worker_creation_available: z._default(z.boolean(), true) });

/** An answer, by what was asked for. */
export const Answer = {
  runtime: z.looseObject({ runtime: Detail }),
  workers: z.looseObject({ workers: z.array(WorkerDetail) }),
  worker: z.looseObject({ worker: WorkerDetail }),
  input: z.looseObject({ ack: WorkerInteractionAck }),
  lifecycle: z.looseObject({ ack: WorkerLifecycleAck }),
  transcript: z.looseObject({ transcript: TranscriptPage }),
  entries: z.looseObject({ entries: EntryPage }),
  availability: z.looseObject({ availability: ConfigBundleAvailability }),
  bundles: z.looseObject({ bundles: z.array(ConfigBundleSummary) }),
};
