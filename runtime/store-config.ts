/**
 * Where Workers are kept and for how long: what the settings mean together that every program with Workers of its own
 * shares. Each program has its own names for the store and its folder, since two programs never share one.
 */
import type { RuntimeId } from "../protocol/id.ts";
import type { WorkerLimits } from "./limits.ts";
import type { ValuesOf } from "./settings/setting.ts";
import type { storeSettings } from "./settings/store-settings.ts";

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

/** What the parsed keys say together. */
export function keepingConfigOf(
  keys: ValuesOf<typeof storeSettings>,
  { kind, dataDir: folder }: { readonly kind: "sqlite" | "memory"; readonly dataDir: string },
): KeepingConfig {
  const sqlite = {
    kind: "sqlite",
    dataDir: folder,
    sync: keys.YOI_STORE_SYNC,
    maxBytes: keys.YOI_STORE_MAX_BYTES,
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
    continueInterrupted: keys.YOI_CONTINUE_INTERRUPTED,
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
