/**
 * A conversation as a file.
 *
 * Owns the shape of what an export writes as JSON and an import takes: one Worker's conversation with what it has used,
 * in entries as snapshots carry them. How such a file is read without trusting it is in `read-conversation.ts`, how it is
 * written piece by piece in `write-conversation.ts`.
 */
import * as z from "zod/mini";
import { LogEntry } from "./entry.ts";
import { RuntimeId, WorkerId } from "./id.ts";
import { uint } from "./number.ts";
import { DisplayName, ProfileChoice } from "./runtime-api.ts";
import { RunView, UsageTotals } from "./run-view.ts";

/** What `format` says. */
export const CONVERSATION_FORMAT = "yoi-conversation";

/** What `version` says; it changes when an older reader would misread a file. */
export const CONVERSATION_VERSION = 1;

/** Longest file that an import takes, in bytes. */
export const CONVERSATION_MAX_BYTES = 64 * 1024 * 1024;

const MODEL_MAX_CHARS = 200;

/** All of a file but its entries: `{"format":"yoi-conversation","version":1,"exported_at":"2026-11-21T08:00:00.000Z",…}`. */
export const ConversationHeader = z.object({
  format: z.literal(CONVERSATION_FORMAT),
  version: z.literal(CONVERSATION_VERSION),
  /** RFC 3339. */
  exported_at: z.iso.datetime(),
  /** Whose conversation it was. An import makes a Worker with an id of its own. */
  worker: z.object({
    runtime_id: RuntimeId,
    worker_id: WorkerId,
    display_name: DisplayName,
    profile: ProfileChoice,
    model: z.optional(z.string().check(z.maxLength(MODEL_MAX_CHARS))),
  }),
  usage: UsageTotals,
  /** The run that was going, or that ended last. */
  run: RunView,
  /** How many entries before these the Runtime had let go. */
  older_entries: uint,
});
export type ConversationHeader = z.infer<typeof ConversationHeader>;

/** The whole file: the header, and `entries`, oldest first. */
export const ConversationFile = z.extend(ConversationHeader, { entries: z.array(LogEntry) });
export type ConversationFile = z.infer<typeof ConversationFile>;
