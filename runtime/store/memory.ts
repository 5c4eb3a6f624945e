/**
 * A store that lasts as long as its process.
 *
 * Owns nothing but maps; for tests, and for edges without a disk.
 */
import type { ConfigBundle } from "../../protocol/config-bundle.ts";
import type { WorkerId } from "../../protocol/id.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { checkCheckpoint, checkPositions } from "./check.ts";
import type {
  Checkpoint,
  EntryRecord,
  EventRecord,
  RuntimeRecord,
  RuntimeStore,
  StoredWorker,
  SubmissionRecord,
  WorkerRecord,
} from "./store.ts";

interface Kept {
  record: WorkerRecord;
  head: number;
  checkpoint: Pick<Checkpoint, "position" | "state"> | null;
  entries: readonly EntryRecord[];
  entriesEnd: number;
  events: EventRecord[];
  submissions: SubmissionRecord[];
}

/** An empty store in memory. */
export function createMemoryStore(): RuntimeStore {
  const workers = new Map<WorkerId, Kept>();
  const bundles = new Map<string, ConfigBundle>();
  let runtime: RuntimeRecord | null = null;

  const find = (workerId: WorkerId): Kept => {
    const kept = workers.get(workerId);
    if (!kept) throw new ProblemError("worker_not_found", `The store has no Worker "${workerId}".`);
    return kept;
  };

  return {
    kind: "memory",
    backup: null,
    diagnostics: () => [],
    isLost: () => false,

    loadRuntime: async () => runtime,
    async putRuntime(record) {
      runtime = record;
    },

    async *load() {
      const sorted = [...workers.values()].toSorted((a, b) => (a.record.workerId < b.record.workerId ? -1 : 1));
      for (const { record, head, checkpoint, entries, events, submissions } of sorted) {
        const stored: StoredWorker = {
          kind: "worker",
          record,
          head,
          checkpoint,
          entries: [...entries],
          events: [...events],
          submissions: [...submissions],
          mayHaveLostTail: false,
        };
        yield stored;
      }
    },

    loadConfigBundles: async () => [...bundles.values()].toSorted((a, b) => (a.metadata.id < b.metadata.id ? -1 : 1)),

    async putConfigBundle(bundle) {
      bundles.set(bundle.metadata.id, bundle);
    },

    async putWorker(record) {
      const kept = workers.get(record.workerId);
      if (kept) kept.record = record;
      else {
        const empty = { head: 0, checkpoint: null, entries: [], entriesEnd: 0, events: [], submissions: [] };
        workers.set(record.workerId, { record, ...empty });
      }
    },

    async removeWorker(workerId) {
      workers.delete(workerId);
    },

    async append(workerId, events, { record, submission } = {}) {
      const kept = find(workerId);
      checkPositions(workerId, kept.head, events);
      kept.events.push(...events);
      kept.head += events.length;
      if (record !== undefined) kept.record = record;
      if (submission !== undefined) kept.submissions.push(submission);
    },

    async checkpoint(workerId, checkpoint) {
      const kept = find(workerId);
      checkCheckpoint(workerId, kept, checkpoint);
      const { position, state, entries, oldestEntry, oldestPosition, maxSubmissions } = checkpoint;
      const compacted = new Set(checkpoint.compacted);
      kept.checkpoint = { position, state };
      kept.entries = [...kept.entries, ...entries].filter(({ index }) => index >= oldestEntry);
      kept.entriesEnd += entries.length;
      kept.events = kept.events.filter((event) => event.position >= oldestPosition && !compacted.has(event.position));
      kept.submissions = kept.submissions.slice(Math.max(0, kept.submissions.length - maxSubmissions));
    },

    async [Symbol.asyncDispose]() {},
  };
}
