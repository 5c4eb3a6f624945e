/** How much of what the model can hold is in use, as far as the conversation tells. Pure. */
import { isKnownEntry, type LogEntry } from "../../protocol/entry.ts";
import type { Greeting } from "../../protocol/event.ts";
import type { RunView } from "../../protocol/run-view.ts";

export interface ContextUsage {
  readonly usedTokens: number;
  /** 0: the model's limit is not known. */
  readonly limitTokens: number;
  /** Within 0 and 1; 0 without a limit. */
  readonly share: number;
}

/** By the newest call whose usage is known: what went in and what came out is what the next one holds. */
export function contextUsageOf(
  greeting: Pick<Greeting, "context_window" | "context_tokens">,
  run: RunView,
  entries: readonly LogEntry[],
): ContextUsage {
  const usedTokens = newestCallTokens(run, entries) ?? greeting.context_tokens;
  const limitTokens = greeting.context_window;
  return { usedTokens, limitTokens, share: limitTokens > 0 ? Math.min(1, usedTokens / limitTokens) : 0 };
}

function newestCallTokens(run: RunView, entries: readonly LogEntry[]): number | undefined {
  const call = run.state === "active" ? run.call_usage : undefined;
  if (call) return call.input_tokens + call.output_tokens;
  const newest = entries.findLast((entry) => isKnownEntry(entry) && entry.kind === "llm_usage");
  if (newest === undefined || !isKnownEntry(newest) || newest.kind !== "llm_usage") return undefined;
  return newest.input_total_tokens + newest.output_tokens;
}
