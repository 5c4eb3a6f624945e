/**
 * A Worker's state as everybody keeps it.
 *
 * Owns its shape, which is the payload of a `snapshot` event with every key present, the way to and from a snapshot, and
 * the bound that whoever keeps one puts on it. How events change it is in `fold.ts`.
 */
import type { Event, Greeting, InFlightBlock, Snapshot, SnapshotEvent, WorkerStatus } from "./event.ts";
import type { LogEntry } from "./entry.ts";
import type { RunView, UsageTotals } from "./run-view.ts";

/** Domain of the `extension` entries that keep an event whole: `payload` is the event. */
export const EVENT_DOMAIN = "workspace.event";

/** A Worker's state as the fold keeps it: a `Snapshot` with every key present. */
export interface Transcript {
  readonly greeting: Greeting;
  readonly status: WorkerStatus;
  /** The newest entries; the whole conversation unless it was bounded. */
  readonly entries: readonly LogEntry[];
  /** Index of `entries[0]` in the whole conversation. */
  readonly entries_start: number;
  readonly in_flight: { readonly blocks: readonly InFlightBlock[] };
  readonly run: RunView;
  readonly usage: UsageTotals;
  readonly shut_down: boolean;
  /** Present where this is what a viewer sees from whom the inner work is hidden. */
  readonly inner_work_hidden?: true;
}

const EMPTY_GREETING: Greeting = {
  worker_name: "",
  cwd: "",
  provider: "",
  model: "",
  scope_summary: "",
  tools: [],
  context_window: 0,
  context_tokens: 0,
};

/** The state before the first event. */
export function emptyTranscript(greeting: Greeting = EMPTY_GREETING): Transcript {
  return {
    greeting,
    status: "idle",
    entries: [],
    entries_start: 0,
    in_flight: { blocks: [] },
    run: { state: "none" },
    usage: { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, llm_calls: 0 },
    shut_down: false,
  };
}

/** How many entries the conversation has had. */
export function entriesTotal(transcript: Transcript): number {
  return transcript.entries_start + transcript.entries.length;
}

/** The `snapshot` event of a state. */
export function snapshotEvent(transcript: Transcript): SnapshotEvent {
  const data: Snapshot = {
    ...transcript,
    entries: [...transcript.entries],
    in_flight: { blocks: [...transcript.in_flight.blocks] },
    entries_total: entriesTotal(transcript),
  };
  return { event: "snapshot", data };
}

/** The state that a snapshot describes; a reference peer's snapshot has fewer keys. */
export function transcriptOf(snapshot: Snapshot): Transcript {
  const empty = emptyTranscript(snapshot.greeting);
  const start = snapshot.entries_start ?? (snapshot.entries_total ?? snapshot.entries.length) - snapshot.entries.length;
  return {
    greeting: snapshot.greeting,
    status: snapshot.status,
    entries: snapshot.entries,
    entries_start: Math.max(0, start),
    in_flight: { blocks: snapshot.in_flight.blocks },
    run: snapshot.run ?? (snapshot.status === "running" ? { state: "active", started_ts: 0 } : empty.run),
    usage: snapshot.usage ?? empty.usage,
    shut_down: snapshot.shut_down ?? false,
    ...(snapshot.inner_work_hidden === true ? { inner_work_hidden: true } : {}),
  };
}

/** How much of a conversation to keep at hand. */
export interface TranscriptBounds {
  readonly maxEntries: number;
  /** In UTF-16 code units of the entries' JSON. */
  readonly maxChars: number;
}

/** Keeps the newest entries only, as many as both bounds allow, but always the newest one. */
export function boundTranscript(transcript: Transcript, bounds: TranscriptBounds): Transcript {
  const { entries } = transcript;
  let first = entries.length;
  let chars = 0;
  while (first > 0 && entries.length - first < bounds.maxEntries) {
    chars += entryChars(entries[first - 1]);
    if (chars > bounds.maxChars && first < entries.length) break;
    first -= 1;
  }
  if (first === 0) return transcript;
  return { ...transcript, entries: entries.slice(first), entries_start: transcript.entries_start + first };
}

/** Length of an entry's JSON in UTF-16 code units, give or take the escapes of its strings. */
export function entryChars(value: unknown): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 4;
  let chars = 2;
  for (const [key, inner] of Object.entries(value)) chars += key.length + 4 + entryChars(inner);
  return chars;
}

/** The state with entries added at its end. */
export function commit(state: Transcript, ...entries: LogEntry[]): Transcript {
  return { ...state, entries: [...state.entries, ...entries] };
}

/** The state with an event kept whole, since no entry kind stands for it. */
export function keepWhole(state: Transcript, event: Event, ts: number): Transcript {
  return commit(state, { kind: "extension", ts, domain: EVENT_DOMAIN, payload: event });
}
