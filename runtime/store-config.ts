/**
 * Where Workers are kept and for how long: the settings that every program with Workers of its own shares.
 *
 * Owns their keys, their defaults and what they mean together. Each program has its own names for the store and its
 * folder, since two programs never share one.
 */
import * as z from "zod/mini";
import type { RuntimeId } from "../protocol/id.ts";
import { DEFAULT_LIMITS, type WorkerLimits } from "./limits.ts";
import { integer, oneOf, path } from "./settings.ts";

/** Where Workers are kept. */
export type StoreConfig =
  | { readonly kind: "memory" }
  | {
      readonly kind: "sqlite";
      readonly dataDir: string;
      readonly sync: "normal" | "full";
      /** How large the database may become; null: as large as the disk allows. */
      readonly maxBytes: number | null;
    };

/** How much of a Worker is kept, and how long. */
export type RetentionConfig = Pick<
  WorkerLimits,
  | "retentionEvents"
  | "retentionChars"
  | "retentionAgeMs"
  | "retentionDeltasMs"
  | "retentionEntries"
  | "retentionEntryChars"
>;

/** What is kept, where, and what becomes of a run that the process's end cut off. */
export interface KeepingConfig {
  readonly store: StoreConfig;
  readonly retention: RetentionConfig;
  readonly continueInterrupted: boolean;
}

const DAY_MS = 24 * 3_600_000;
const YEAR_MS = 366 * DAY_MS;
const MEBI = 1024 * 1024;
const { worker } = DEFAULT_LIMITS;

/** The kinds of stores, and where they are: under each program's own names. */
export const storeKind = () => z._default(oneOf(["sqlite", "memory"]), "sqlite");
export const dataDir = () => z._default(path(), "data");

/** Keys of the store that have the same names everywhere. */
export const storeKeys = {
  YOI_STORE_SYNC: z._default(oneOf(["normal", "full"]), "normal"),
  YOI_STORE_MAX_BYTES: z.optional(integer(MEBI, Number.MAX_SAFE_INTEGER)),
};

/** Keys of what is kept of each Worker. */
export const retentionKeys = {
  YOI_RETENTION_EVENTS: z._default(integer(16, 1_000_000), worker.retentionEvents),
  YOI_RETENTION_CHARS: z._default(integer(64 * 1024, 1024 * MEBI), worker.retentionChars),
  YOI_RETENTION_AGE_MS: z._default(integer(1_000, YEAR_MS), worker.retentionAgeMs),
  YOI_RETENTION_DELTAS_MS: z._default(integer(0, YEAR_MS), worker.retentionDeltasMs),
  YOI_RETENTION_ENTRIES: z._default(integer(16, 10_000_000), worker.retentionEntries),
  YOI_RETENTION_ENTRY_CHARS: z._default(integer(64 * 1024, 4_096 * MEBI), worker.retentionEntryChars),
  YOI_CONTINUE_INTERRUPTED: z._default(oneOf(["no", "yes"]), "no"),
};

const Keys = z.object({ ...storeKeys, ...retentionKeys });

/** What the parsed keys say together. */
export function keepingConfigOf(
  keys: z.infer<typeof Keys>,
  { kind, dataDir: folder }: { readonly kind: "sqlite" | "memory"; readonly dataDir: string },
): KeepingConfig {
  const sqlite = {
    kind: "sqlite",
    dataDir: folder,
    sync: keys.YOI_STORE_SYNC,
    maxBytes: keys.YOI_STORE_MAX_BYTES ?? null,
  } as const;
  return {
    store: kind === "memory" ? { kind } : sqlite,
    retention: {
      retentionEvents: keys.YOI_RETENTION_EVENTS,
      retentionChars: keys.YOI_RETENTION_CHARS,
      retentionAgeMs: keys.YOI_RETENTION_AGE_MS,
      retentionDeltasMs: keys.YOI_RETENTION_DELTAS_MS,
      retentionEntries: keys.YOI_RETENTION_ENTRIES,
      retentionEntryChars: keys.YOI_RETENTION_ENTRY_CHARS,
    },
    continueInterrupted: keys.YOI_CONTINUE_INTERRUPTED === "yes",
  };
}

/** The file of a Runtime's store, e.g. `data/lab=one.sqlite` for `lab:one`: some systems have no `:` in names. */
export function storePath(folder: string, runtimeId: RuntimeId): string {
  return `${folder}/${runtimeId.replaceAll(":", "=")}.sqlite`;
}

/** What an operator reads of it. */
export function announceStore(store: StoreConfig): string {
  return store.kind === "memory"
    ? "Workers are kept in memory and end with this process."
    : `Workers and their conversations are kept in ${store.dataDir}.`;
}
