/** How much of a Worker is kept, and how long, where configuration says nothing. */
import type { RetentionConfig } from "../../runtime/store-config.ts";

export const DEFAULT_RETENTION: RetentionConfig = {
  retentionEvents: 4_096,
  retentionChars: 4 * 1024 * 1024,
  retentionAgeMs: 7 * 24 * 3_600_000,
  retentionDeltasMs: 10 * 60_000,
  retentionEntries: 10_000,
  retentionEntryChars: 16 * 1024 * 1024,
};
