/**
 * A conversation that was brought in from a file.
 *
 * Owns what a store is given of it: the state and the entries of a checkpoint before the first event. Its entries are
 * counted from 0, whatever the file says had been before them. Pure; `worker-catalogue.ts` keeps it.
 */
import type { ConversationFile } from "../protocol/conversation-file.ts";
import { isKnownEntry, type LogEntry } from "../protocol/entry.ts";
import { endRun } from "../protocol/run-fold.ts";
import { emptyTranscript, type Transcript } from "../protocol/transcript.ts";
import type { CheckpointState } from "./checkpoint-state.ts";
import type { Checkpoint, EntryRecord } from "./store/store.ts";
import { transcriptLine } from "./transcript-line.ts";

/**
 * The checkpoint with which a Worker begins that has this conversation. A run that was going when the file was written is
 * interrupted in it.
 *
 * @param now Epoch milliseconds.
 */
export function importedCheckpoint({ entries, usage, run }: ConversationFile, now: number): Checkpoint {
  const file: Transcript = { ...emptyTranscript(), entries, usage, run };
  const transcript = run.state === "active" ? endRun(file, "finished", "interrupted", now) : file;
  const state: CheckpointState = {
    version: 1,
    entries_total: transcript.entries.length,
    lines_total: transcript.entries.filter((entry) => transcriptLine(entry) !== null).length,
    turns: transcript.entries.reduce((turns, entry) => Math.max(turns, turnsAt(entry)), 0),
    llm_calls: transcript.usage.llm_calls,
    oldest_position: 1,
    run: transcript.run,
    usage: transcript.usage,
    shut_down: false,
  };
  return {
    position: 0,
    state: JSON.stringify(state),
    entries: transcript.entries.map((entry, index): EntryRecord => ({
      index,
      position: 0,
      payload: JSON.stringify(entry),
    })),
    oldestEntry: 0,
    oldestPosition: 1,
    compacted: [],
    maxSubmissions: 0,
  };
}

/** How many turns there had been at an entry that says so. */
function turnsAt(entry: LogEntry): number {
  return isKnownEntry(entry) && entry.kind === "turn_end" ? entry.turn_count : 0;
}
