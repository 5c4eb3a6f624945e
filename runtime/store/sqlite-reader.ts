/**
 * Reading what a SQLite store keeps.
 *
 * Owns the parsing of every row, and what stands in for one that can't be read: nothing for an event or a submission, an
 * entry that says so for an entry (the numbers of the others stay right). Runs in the store's thread.
 */
import type { DatabaseSync } from "node:sqlite";
import type { ConfigBundle } from "../../protocol/config-bundle.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import type { WorkerId } from "../../protocol/id.ts";
import { describeIssues } from "../../protocol/problem.ts";
import { rangeOf, type Ledger, type WorkerRows } from "./sqlite-ledger.ts";
import type { BadRow, Quarantine } from "./sqlite-quarantine.ts";
import {
  AnyJsonText,
  CheckpointFacts,
  ConfigBundleText,
  EntryRow,
  EventText,
  RuntimeRecordText,
  SubmissionText,
  WorkerRecordText,
} from "./sqlite-records.ts";
import type {
  EntryRecord,
  EventRecord,
  RuntimeRecord,
  StoredWorker,
  SubmissionRecord,
  UnreadableWorker,
} from "./store.ts";

/** Domain of the entry that stands in for one that can't be read. */
const QUARANTINED_DOMAIN = "workspace.quarantined";

/** Entries in a row that may be missing. */
const MAX_STAND_INS = 1_000;

const isTime = (ts: unknown): boolean => Number.isSafeInteger(ts) && Number(ts) >= 0;

/** Reads one open store. */
export class SqliteReader {
  readonly #database: DatabaseSync;
  readonly #ledger: Ledger;
  readonly #quarantine: Quarantine;

  constructor(database: DatabaseSync, ledger: Ledger, quarantine: Quarantine) {
    this.#database = database;
    this.#ledger = ledger;
    this.#quarantine = quarantine;
  }

  runtime(): RuntimeRecord | null {
    const row = this.#database.prepare("SELECT value FROM facts WHERE name = 'runtime'").get();
    if (!row) return null;
    const parsed = RuntimeRecordText.safeParse(row["value"]);
    if (parsed.success) return parsed.data;
    const replace = () => this.#run("DELETE FROM facts WHERE name = 'runtime'");
    this.#quarantine.take([{ kind: "runtime", worker: null, reason: describeIssues(parsed.error), row, replace }]);
    return null;
  }

  configBundles(): readonly ConfigBundle[] {
    const bad: BadRow[] = [];
    const bundles = this.#database
      .prepare("SELECT id, bundle FROM config_bundles ORDER BY id")
      .all()
      .flatMap((row) => {
        const parsed = ConfigBundleText.safeParse(row["bundle"]);
        if (parsed.success) return [parsed.data];
        const replace = () => this.#run("DELETE FROM config_bundles WHERE id = ?", row["id"] ?? null);
        bad.push({ kind: "config_bundle", worker: null, reason: describeIssues(parsed.error), row, replace });
        return [];
      });
    this.#quarantine.take(bad);
    return bundles;
  }

  /** Sorted. */
  workerIds(): readonly WorkerId[] {
    return [...this.#ledger.workers.keys()].toSorted();
  }

  /** A Worker with all that is kept of it, or null where there is none. */
  worker(workerId: WorkerId): StoredWorker | UnreadableWorker | null {
    const rows = this.#ledger.workers.get(workerId);
    if (!rows) return null;
    const stored = this.#database.prepare("SELECT record FROM workers WHERE number = ?").get(rows.number);
    const record = WorkerRecordText.safeParse(stored?.["record"]);
    if (!record.success || record.data.workerId !== workerId) return { kind: "unreadable", workerId };
    const bad: BadRow[] = [];
    const checkpoint = this.#checkpoint(rows, bad);
    const entries = this.#entries(rows, bad);
    // With neither, nobody can tell any more where the conversation had come; the next checkpoint begins at 0.
    if (checkpoint === null && entries.length === 0) rows.entriesEnd = 0;
    const events = this.#events(rows, checkpoint?.position ?? 0, bad);
    const submissions = this.#submissions(rows, bad);
    this.#quarantine.take(bad);
    const { head, lostTail: mayHaveLostTail } = rows;
    return { kind: "worker", record: record.data, checkpoint, entries, events, submissions, head, mayHaveLostTail };
  }

  #checkpoint(worker: WorkerRows, bad: BadRow[]): StoredWorker["checkpoint"] {
    const row = this.#database.prepare("SELECT * FROM checkpoints WHERE worker = ?").get(worker.number);
    // Without a state it has been set aside before.
    if (!row || row["state"] === null) return null;
    const facts = CheckpointFacts.safeParse(row);
    const state = AnyJsonText.safeParse(row["state"]);
    if (facts.success && state.success) return { position: facts.data.position, state: String(row["state"]) };
    // Then nobody knows how far the log had come.
    if (!facts.success) worker.lostTail = true;
    const error = facts.error ?? state.error;
    const reason = error ? describeIssues(error) : "";
    const replace = () => {
      const { number, checkpoint, head, entriesEnd } = worker;
      this.#run("DELETE FROM checkpoints WHERE worker = ?", number);
      if (!facts.success) this.#run("UPDATE workers SET lost_tail = 1 WHERE number = ?", number);
      // What else it said stays known: where the log and the conversation end.
      this.#run(
        "INSERT INTO checkpoints VALUES (?, ?, ?, ?, NULL)",
        number,
        checkpoint?.position ?? 0,
        head,
        entriesEnd,
      );
    };
    bad.push({ kind: "checkpoint", worker: worker.id, reason, row, replace });
    return null;
  }

  #entries(worker: WorkerRows, bad: BadRow[]): EntryRecord[] {
    const { from, to } = rangeOf(worker);
    const rows = this.#database.prepare("SELECT * FROM entries WHERE id >= ? AND id < ? ORDER BY id").all(from, to);
    const entries: EntryRecord[] = [];
    const standIn = (index: number, row: unknown, reason: string): void => {
      const entry: LogEntry = { kind: "extension", ts: Date.now(), domain: QUARANTINED_DOMAIN, payload: null };
      const payload = JSON.stringify(entry);
      entries.push({ index, position: 0, payload });
      const replace = () => this.#run("INSERT OR REPLACE INTO entries VALUES (?, 0, ?)", from + index, payload);
      bad.push({ kind: "entry", worker: worker.id, reason, row, replace });
    };
    const fillUpTo = (index: number): void => {
      const next = (entries.at(-1)?.index ?? index) + 1;
      // Nobody is helped by more of them: then what is before counts as forgotten.
      if (index - next > MAX_STAND_INS) entries.length = 0;
      else for (let missing = next; missing < index; missing += 1) standIn(missing, null, "The entry is missing.");
    };
    for (const row of rows) {
      const index = Number(row["id"]) - from;
      if (index >= worker.entriesEnd) {
        const replace = () => this.#run("DELETE FROM entries WHERE id = ?", from + index);
        bad.push({ kind: "entry", worker: worker.id, reason: "The entry is past the end.", row, replace });
        continue;
      }
      fillUpTo(index);
      const parsed = EntryRow.safeParse(row);
      if (parsed.success) entries.push({ index, position: parsed.data.position, payload: String(row["payload"]) });
      else standIn(index, row, describeIssues(parsed.error));
    }
    if (entries.length > 0) fillUpTo(worker.entriesEnd);
    return entries;
  }

  #events(worker: WorkerRows, after: number, bad: BadRow[]): EventRecord[] {
    const query = this.#database.prepare(`SELECT ts, payload, typeof(ts) = 'integer' AND ts >= 0 AND
      typeof(payload) = 'text' AND json_type(iif(json_valid(payload), payload, 'null')) = 'object'
      FROM events WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`);
    query.setReturnArrays(true);
    // why: with arrays, a row is its columns in order; the types do not know.
    const found = query.all(JSON.stringify(worker.rows)) as unknown as readonly unknown[][];
    const events: EventRecord[] = [];
    const unreadable = new Set<number>();
    found.forEach(([ts, payload, isSound], index) => {
      const position = worker.positions[index] ?? 0;
      // Only what will be folded is looked at closely: the rest goes to observers as it is.
      const isReadable = (isSound === 1 && position <= after) || (isTime(ts) && EventText.safeParse(payload).success);
      if (isReadable) events.push({ position, ts: Number(ts), payload: String(payload) });
      else unreadable.add(index);
    });
    if (unreadable.size > 0) this.#dropEvents(worker, unreadable, bad);
    return events;
  }

  /** The head stays: what follows follows it. */
  #dropEvents(worker: WorkerRows, unreadable: ReadonlySet<number>, bad: BadRow[]): void {
    for (const index of unreadable) {
      const id = worker.rows[index] ?? 0;
      const row = this.#database.prepare("SELECT * FROM events WHERE id = ?").get(id);
      const reason = "The event is not JSON, or not an event.";
      const replace = () => {
        this.#run("DELETE FROM events WHERE id = ?", id);
        this.#run("UPDATE workers SET lost_tail = 1 WHERE number = ?", worker.number);
      };
      bad.push({ kind: "event", worker: worker.id, reason, row, replace });
    }
    worker.positions = worker.positions.filter((_, index) => !unreadable.has(index));
    worker.rows = worker.rows.filter((_, index) => !unreadable.has(index));
    worker.lostTail = true;
  }

  #submissions(worker: WorkerRows, bad: BadRow[]): SubmissionRecord[] {
    const { from, to } = rangeOf(worker);
    const rows = this.#database.prepare("SELECT * FROM submissions WHERE id >= ? AND id < ? ORDER BY id").all(from, to);
    return rows.flatMap((row) => {
      const parsed = SubmissionText.safeParse(row["record"]);
      if (parsed.success) return [parsed.data];
      const replace = () => this.#run("DELETE FROM submissions WHERE id = ?", row["id"] ?? null);
      bad.push({ kind: "submission", worker: worker.id, reason: describeIssues(parsed.error), row, replace });
      return [];
    });
  }

  #run(statement: string, ...values: readonly (string | number | bigint | Uint8Array | null)[]): void {
    this.#database.prepare(statement).run(...values);
  }
}
