/**
 * What the run is doing while no text comes: waiting for the model, or for the next attempt. Says the truth about a
 * retry, counted down from when it was announced.
 */
import { isKnownBlock } from "../../protocol/event.ts";
import { useConsole } from "../context.ts";
import { useNow } from "../use-now.ts";

export function Activity() {
  const { conversation, messages } = useConsole();
  const run = conversation.run.value;
  const now = useNow(run.state === "active");
  if (run.state !== "active") return null;
  const { retry } = run;
  if (retry) {
    const leftMs = now === undefined ? retry.wait_ms : retry.ts + retry.wait_ms - now;
    return (
      <p class="activity" data-state="retrying">
        <span class="pulse" aria-hidden="true" />
        <span>
          {messages.retryingIn(Math.max(0, Math.ceil(leftMs / 1000)), retry.failed_attempt + 1, retry.max_attempts)}
        </span>
      </p>
    );
  }
  const isWriting = conversation.blocks.value.some((block) => isKnownBlock(block) && block.kind === "text");
  const elapsedMs = now === undefined || run.started_ts === 0 ? undefined : Math.max(0, now - run.started_ts);
  return (
    <p class="activity" data-state={isWriting ? "writing" : "waiting"}>
      <span class="pulse" aria-hidden="true" />
      <span>{isWriting ? messages.writing : messages.waitingForModel}</span>
      {elapsedMs !== undefined && elapsedMs >= 1000 && (
        <span class="activity-time">{messages.duration(Math.floor(elapsedMs / 1000) * 1000)}</span>
      )}
    </p>
  );
}
