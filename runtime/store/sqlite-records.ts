/**
 * What the records of a SQLite store look like when they are read back.
 *
 * Owns the schemas that every row is parsed with: a file may have been damaged, cut off, or changed by hand.
 */
import * as z from "zod/mini";
import { ConfigBundle } from "../../protocol/config-bundle.ts";
import { LogEntry } from "../../protocol/entry.ts";
import { Event } from "../../protocol/event.ts";
import { RuntimeId, SubmissionId, WorkerId } from "../../protocol/id.ts";
import { ConfigBundleRef, ProfileSelector } from "../../protocol/runtime-api.ts";
import { MAX_POSITION } from "../log-cursor.ts";

const whole = z.int().check(z.gte(0));
const epoch = z.string().check(z.regex(/^[0-9a-f]{8}$/));

/** A position in a log. */
export const Position = z.int().check(z.gte(1), z.lte(MAX_POSITION));

export const RuntimeRecordText = jsonOf(z.object({ runtimeId: RuntimeId, createdTs: whole }));

export const WorkerRecordText = jsonOf(
  z.object({
    workerId: WorkerId,
    displayName: z.string(),
    profile: ProfileSelector,
    configBundle: z.optional(ConfigBundleRef),
    lifecycle: z.enum(["running", "stopped"]),
    epoch,
    formerEpochs: z.array(z.object({ epoch, end: whole })),
    createdTs: whole,
    isPartial: z.optional(z.literal(true)),
  }),
);

export const SubmissionText = jsonOf(
  z.object({ submissionId: SubmissionId, contentMark: z.string(), sequence: whole, position: whole }),
);

export const ConfigBundleText = jsonOf(ConfigBundle);

/** What a checkpoint says of the Worker, apart from its state. */
export const CheckpointFacts = z.object({
  position: z.int().check(z.gte(0), z.lte(MAX_POSITION)),
  head: z.int().check(z.gte(0), z.lte(MAX_POSITION)),
  entries_end: whole,
});

export const EntryRow = z.object({ position: whole, payload: jsonOf(LogEntry) });
export const EventText = jsonOf(Event);
export const AnyJsonText = jsonOf(z.unknown());

/** Text that is JSON of a shape. */
function jsonOf<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.pipe(
    z.pipe(
      z.string(),
      z.transform((text, context): unknown => {
        try {
          return JSON.parse(text);
        } catch {
          context.issues.push({ code: "custom", message: "expected JSON", input: text });
          return z.NEVER;
        }
      }),
    ),
    schema,
  );
}
