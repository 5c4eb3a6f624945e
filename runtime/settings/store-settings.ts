/**
 * What is kept, and how long: the rows that every program with Workers of its own shares. What they mean together is in
 * `store-config.ts`. Where the store is has a name of its own in each program, since two programs never share one.
 */
import { DEFAULT_LIMITS } from "../limits.ts";
import { choice, integer, yesNo } from "./setting.ts";

const DAY_MS = 24 * 3_600_000;
const YEAR_MS = 366 * DAY_MS;
const KIBI = 1024;
const MEBI = 1024 * KIBI;
const { worker } = DEFAULT_LIMITS;

export const storeSettings = {
  YOI_STORE_SYNC: choice({
    key: "store.sync",
    about: "`full` waits for the disk at every commit, see [durability](durability.md).",
    values: ["normal", "full"],
    fallback: "normal",
  }),
  YOI_STORE_MAX_BYTES: integer({
    key: "store.max_bytes",
    about: "How large the database may become; as large as the disk allows by default.",
    unit: "bytes",
    min: MEBI,
    max: Number.MAX_SAFE_INTEGER,
  }),
  YOI_RETENTION_EVENTS: integer({
    key: "retention.events",
    about: "Events kept per Worker for those who resume.",
    min: 16,
    max: 1_000_000,
    fallback: worker.retentionEvents,
  }),
  YOI_RETENTION_CHARS: integer({
    key: "retention.chars",
    about: "Their size together, in characters of JSON.",
    unit: "characters",
    min: 64 * KIBI,
    max: 1024 * MEBI,
    fallback: worker.retentionChars,
  }),
  YOI_RETENTION_AGE_MS: integer({
    key: "retention.age_ms",
    about: "How long an event is kept.",
    unit: "ms",
    min: 1_000,
    max: YEAR_MS,
    fallback: worker.retentionAgeMs,
  }),
  YOI_RETENTION_DELTAS_MS: integer({
    key: "retention.deltas_ms",
    about: "How long the pieces of a finished text are kept beside the whole.",
    unit: "ms",
    min: 0,
    max: YEAR_MS,
    fallback: worker.retentionDeltasMs,
  }),
  YOI_RETENTION_ENTRIES: integer({
    key: "retention.entries",
    about: "Entries of the conversation kept per Worker.",
    min: 16,
    max: 10_000_000,
    fallback: worker.retentionEntries,
  }),
  YOI_RETENTION_ENTRY_CHARS: integer({
    key: "retention.entry_chars",
    about: "Their size together, in characters of JSON.",
    unit: "characters",
    min: 64 * KIBI,
    max: 4_096 * MEBI,
    fallback: worker.retentionEntryChars,
  }),
  YOI_CONTINUE_INTERRUPTED: yesNo({
    key: "run.continue_interrupted",
    about: "Whether a run that the end of the process cut off goes on at the next start.",
    fallback: false,
  }),
};
