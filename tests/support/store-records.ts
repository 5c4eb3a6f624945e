/** Records to put into a store. */
import type { ConfigBundle } from "../../protocol/config-bundle.ts";
import { SubmissionId, WorkerId } from "../../protocol/id.ts";
import type {
  Checkpoint,
  EntryRecord,
  EventRecord,
  RuntimeStore,
  StoredWorker,
  SubmissionRecord,
  UnreadableWorker,
  WorkerRecord,
} from "../../runtime/store/store.ts";

export const A = WorkerId.parse("worker-a");
export const B = WorkerId.parse("worker-b");

export const record = (workerId: WorkerId, changes: Partial<WorkerRecord> = {}): WorkerRecord => ({
  workerId,
  displayName: 'A 名前 "quoted"',
  profile: { kind: "builtin", value: "builtin:companion" },
  lifecycle: "running",
  epoch: "3f9a01c2",
  formerEpochs: [],
  createdTs: 1_782_700_000_000,
  ...changes,
});

export const event = (position: number, text = `text ${position}`): EventRecord => ({
  position,
  ts: 1_782_700_000_000 + position,
  payload: JSON.stringify({ event: "text_delta", data: { text } }),
});

export const events = (from: number, to: number): EventRecord[] =>
  Array.from({ length: to - from + 1 }, (_, index) => event(from + index));

export const entry = (index: number, position = index + 1): EntryRecord => ({
  index,
  position,
  payload: JSON.stringify({ kind: "extension", ts: 1_782_700_000_000, domain: "test", payload: `entry ${index}` }),
});

export const entries = (from: number, to: number): EntryRecord[] =>
  Array.from({ length: to - from + 1 }, (_, index) => entry(from + index));

export const submission = (number: number): SubmissionRecord => ({
  submissionId: SubmissionId.parse(`s-${number}`),
  contentMark: `mark "${number}"`,
  sequence: number,
  position: number,
});

/** One that forgets nothing. */
export const checkpoint = (position: number, changes: Partial<Checkpoint> = {}): Checkpoint => ({
  position,
  state: JSON.stringify({ at: position }),
  entries: [],
  oldestEntry: 0,
  oldestPosition: 1,
  compacted: [],
  maxSubmissions: 100,
  ...changes,
});

export const bundle = (id: string, revision: string): ConfigBundle => ({
  metadata: {
    id,
    digest: "0".repeat(64),
    revision,
    workspace_id: "ws",
    created_at: "whenever",
    provenance: { source: "test", detail: "unit" },
  },
  profiles: [{ selector: { kind: "builtin", value: "builtin:coder" }, label: "Coder" }],
});

/** What a store gives for a Worker with nothing but its record. */
export const stored = (workerId: WorkerId, changes: Partial<StoredWorker> = {}): StoredWorker => ({
  kind: "worker",
  record: record(workerId),
  checkpoint: null,
  entries: [],
  events: [],
  submissions: [],
  head: 0,
  mayHaveLostTail: false,
  ...changes,
});

/** Everything that a store loads. */
export async function loadAll(store: RuntimeStore): Promise<(StoredWorker | UnreadableWorker)[]> {
  const workers = [];
  for await (const worker of store.load()) workers.push(worker);
  return workers;
}

/** The only Worker of a store. */
export async function loadOnly(store: RuntimeStore): Promise<StoredWorker> {
  const [worker, another] = await loadAll(store);
  if (worker?.kind !== "worker" || another) throw new Error("Cannot load the only Worker: there is not one");
  return worker;
}
