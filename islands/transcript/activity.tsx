/**
 * What the run is doing while no text comes: waiting for the model, or for the next attempt. Says the truth about a
 * retry, counted down from when it was announced, and of a lost link.
 */
import { useComputed } from "@preact/signals";
import { isKnownEntry, isKnownItem, type LogEntry } from "../../protocol/entry.ts";
import { isKnownBlock } from "../../protocol/event.ts";
import { useConsole } from "../context.ts";
import { useNow } from "../use-now.ts";

export function Activity() {
  const { conversation, connection, messages, formats } = useConsole();
  // Not the blocks themselves, which are others with every word.
  const writing = useComputed(() =>
    conversation.blocks.value.some((block) => isKnownBlock(block) && block.kind === "text"),
  );
  const toolAtWork = useComputed(() =>
    conversation.blocks.value.length === 0 ? runningTool(conversation.entries.value.at(-1)) : undefined,
  );
  const run = conversation.run.value;
  const link = connection.state.value;
  // Without a link nobody knows how it goes on: the count stands still, and says since when.
  const staleSince = "staleSince" in link ? link.staleSince : undefined;
  const present = useNow(run.state === "active");
  const now = staleSince ?? present;
  if (run.state !== "active" || link.kind === "ended") return null;
  const { retry } = run;
  const stale = staleSince !== undefined && (
    <span class="activity-stale">{messages.link.staleSince(formats.timeWithSeconds(staleSince))}</span>
  );
  if (retry) {
    const leftMs = now === undefined ? retry.wait_ms : retry.ts + retry.wait_ms - now;
    return (
      <p class="activity notranslate" data-state="retrying">
        <span class="pulse" aria-hidden="true" />
        <span>
          {messages.retryingIn(Math.max(0, Math.ceil(leftMs / 1000)), retry.failed_attempt + 1, retry.max_attempts)}
        </span>
        {stale}
      </p>
    );
  }
  const isWriting = writing.value;
  const tool = toolAtWork.value;
  const elapsedMs = now === undefined || run.started_ts === 0 ? undefined : Math.max(0, now - run.started_ts);
  return (
    // Another state is another line: what stands in it does not move.
    <p class="activity notranslate" data-state={isWriting ? "writing" : "waiting"} key={isWriting ? "writing" : tool}>
      <span class="pulse" aria-hidden="true" />
      <span>
        {isWriting ? messages.writing : tool === undefined ? messages.waitingForModel : messages.toolRunning(tool)}
      </span>
      {elapsedMs !== undefined && elapsedMs >= 1000 && (
        <span class="activity-time">{messages.duration(Math.floor(elapsedMs / 1000) * 1000)}</span>
      )}
      {stale}
    </p>
  );
}

/** The tool whose result comes next: its call is the last thing that was said. */
function runningTool(newest: LogEntry | undefined): string | undefined {
  if (newest === undefined || !isKnownEntry(newest) || newest.kind !== "assistant_item") return undefined;
  return isKnownItem(newest.item) && newest.item.kind === "tool_call" ? newest.item.name : undefined;
}
