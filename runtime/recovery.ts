/**
 * What becomes of a run that nobody runs any more: its process died, or the store refused its end.
 *
 * Owns the events that put the conversation right, and the count of how often an answer has been continued. Pure;
 * `worker.ts` publishes them.
 */
import { isKnownEntry, type LogEntry } from "../protocol/entry.ts";
import { Event, isKnownBlock, isKnownEvent, type KnownEvent } from "../protocol/event.ts";
import { ProblemError } from "../protocol/problem.ts";
import { EVENT_DOMAIN, type Transcript } from "../protocol/transcript.ts";
import type { RunOutcome } from "./run.ts";
import { endEvents } from "./run-end.ts";

/** The events that finish what was being written, with the text that it has. */
function finishBlocks({ in_flight }: Transcript): KnownEvent[] {
  return in_flight.blocks.flatMap((block): KnownEvent[] => {
    if (!isKnownBlock(block) || block.kind === "tool_call" || block.finished === true) return [];
    return [{ event: block.kind === "text" ? "text_done" : "thinking_done", data: { text: block.text } }];
  });
}

const RESTARTED = new ProblemError("interrupted", "The Runtime was restarted while it answered.");

/**
 * Whether the run that is open lacks no more than its own end, which comes to the log after that of its answer. Whether
 * a limit cut the answer would have been told there: nobody knows then.
 */
export function isAnswerWhole({ entries, in_flight }: Transcript): boolean {
  const newest = entries.at(-1);
  return in_flight.blocks.length === 0 && newest !== undefined && isKnownEntry(newest) && newest.kind === "turn_end";
}

/**
 * The events that end the run as interrupted, unless its answer is whole; none where no run is open.
 *
 * @param cause Null: its process ended.
 */
export function interruptedEvents(transcript: Transcript, cause: ProblemError | null): KnownEvent[] {
  const { run, status } = transcript;
  if (run.state !== "active" && status !== "running") return [];
  const outcome: RunOutcome = isAnswerWhole(transcript)
    ? { kind: "finished" }
    : { kind: "failed", problem: cause ?? RESTARTED };
  const ends = run.state === "active" ? [...finishBlocks(transcript), ...endEvents(outcome)] : [];
  return [...ends, { event: "status", data: { status: "idle" } }];
}

/** The events with which the answer that was cut off goes on. */
export function continuationEvents(
  transcript: Transcript,
  llmCall: number,
  attempt: number,
  maxAttempts: number,
): KnownEvent[] {
  const data = { llm_call: llmCall, attempt, max_attempts: maxAttempts, reason: RESTARTED.detail };
  return [...finishBlocks(transcript), { event: "llm_continuation", data }];
}

/** How often the answer to the newest message has been continued. */
export function continuationsOf(entries: readonly LogEntry[]): number {
  const start = entries.findLastIndex((entry) => isKnownEntry(entry) && entry.kind === "user_input");
  return entries.slice(start + 1).filter(isContinuation).length;
}

function isContinuation(entry: LogEntry): boolean {
  if (!isKnownEntry(entry) || entry.kind !== "extension" || entry.domain !== EVENT_DOMAIN) return false;
  const event = Event.safeParse(entry.payload);
  return event.success && isKnownEvent(event.data) && event.data.event === "llm_continuation";
}
