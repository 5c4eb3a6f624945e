/**
 * Workers with up to a million events behind them.
 *
 * Owns the making of them: one exchange is written as every history is (`stored-history.ts`), and the store is then given
 * copies of it in large batches, each with its checkpoint, as a Runtime makes one between runs. Writing a million tokens
 * one by one would take minutes.
 */
import type { WorkerId } from "../../../protocol/id.ts";
import { CheckpointState } from "../../../runtime/checkpoint-state.ts";
import { DEFAULT_LIMITS } from "../../../runtime/limits.ts";
import { openSqliteStore } from "../../../runtime/store/sqlite.ts";
import type { RuntimeStore, StoredWorker } from "../../../runtime/store/store.ts";
import { writeStore } from "./stored-history.ts";

/** Events of an exchange: its tokens, and what stands around them. */
const EVENTS_PER_EXCHANGE = 100;
const EVENTS_AROUND_TOKENS = 10;
const EXCHANGE_TOKENS = EVENTS_PER_EXCHANGE - EVENTS_AROUND_TOKENS;
const EXCHANGES_PER_BATCH = 100;
const { retentionEntries, retentionSubmissions } = DEFAULT_LIMITS.worker;

/** The Workers of one store, and a small one for whatever a process does for the first time. */
export interface LongHistories<Size extends number = number> {
  /** By how many events a Worker has behind it. */
  readonly long: ReadonlyMap<Size, WorkerId>;
  readonly small: WorkerId;
}

/** Writes a store. @param sizes How many events the Workers have, each a multiple of a hundred. */
export async function writeLongHistories<Size extends number>(
  path: string,
  runtimeId: string,
  sizes: readonly Size[],
): Promise<LongHistories<Size>> {
  const exchange = { workers: sizes.length + 1, messages: 1, tokens: EXCHANGE_TOKENS };
  const [small, ...workers] = await writeStore(path, runtimeId, [exchange]);
  if (small === undefined) throw new RangeError("Cannot write histories: there are no Workers");
  const long = new Map(workers.map((worker, index) => [sizes[index]!, worker]));
  await using store = await openSqliteStore({ path, sync: "normal", maxBytes: null });
  for (const [size, worker] of long) {
    const found = await exchangeOf(store, worker);
    const exchanges = size / EVENTS_PER_EXCHANGE;
    for (let from = 1; from < exchanges; from += EXCHANGES_PER_BATCH) {
      await repeat(store, found, from, Math.min(exchanges, from + EXCHANGES_PER_BATCH));
    }
  }
  return { long, small };
}

/** A Worker that has had one exchange and nothing else. */
async function exchangeOf(store: RuntimeStore, workerId: WorkerId): Promise<StoredWorker> {
  for await (const found of store.load()) {
    if (found.kind === "worker" && found.record.workerId === workerId) return found;
  }
  throw new RangeError("Cannot write a history: the store has no such Worker");
}

/** Appends copies of an exchange, as the ones from `from` up to `to`, which is not included. */
async function repeat(store: RuntimeStore, exchange: StoredWorker, from: number, to: number): Promise<void> {
  const { record, checkpoint, entries, events } = exchange;
  if (events.length !== EVENTS_PER_EXCHANGE || checkpoint === null) {
    throw new RangeError(`Cannot count: an exchange has ${events.length} events and not ${EVENTS_PER_EXCHANGE}`);
  }
  const turns = Array.from({ length: to - from }, (_, index) => from + index);
  const copies = turns.flatMap((turn) =>
    events.map((event) => ({ ...event, position: event.position + turn * EVENTS_PER_EXCHANGE })),
  );
  await store.append(record.workerId, copies);
  const state = CheckpointState.parse(JSON.parse(checkpoint.state));
  const position = to * EVENTS_PER_EXCHANGE;
  await store.checkpoint(record.workerId, {
    position,
    state: JSON.stringify({
      ...state,
      entries_total: state.entries_total * to,
      lines_total: state.lines_total * to,
      turns: state.turns * to,
      llm_calls: state.llm_calls * to,
    } satisfies CheckpointState),
    entries: turns.flatMap((turn) =>
      entries.map((entry) => ({
        ...entry,
        index: entry.index + turn * entries.length,
        position: entry.position + turn * EVENTS_PER_EXCHANGE,
      })),
    ),
    oldestEntry: Math.max(0, to * entries.length - retentionEntries),
    oldestPosition: 1,
    compacted: [],
    maxSubmissions: retentionSubmissions,
  });
}
