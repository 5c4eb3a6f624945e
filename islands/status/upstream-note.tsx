/** Says beside the message box that the conversation may be out of date: the Runtime is away, or the link is for a while. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useConsole } from "../context.ts";

/** A link that is back sooner than this is not worth a word here: its state at the top says it. */
const NOTE_AFTER_MS = 3_000;

export function UpstreamNote() {
  const { connection, messages, formats } = useConsole();
  const state = connection.state.value;
  const isLost = state.kind === "reconnecting" || state.kind === "offline";
  // Not since the last frame: while nothing is said, that one is seconds old although the link is there.
  const hasLasted = useSignal(false);
  useEffect(() => {
    const timer = isLost ? setTimeout(() => (hasLasted.value = true), NOTE_AFTER_MS) : undefined;
    return () => {
      clearTimeout(timer);
      hasLasted.value = false;
    };
  }, [isLost]);
  const { link } = messages;
  if (state.kind === "waiting") {
    return (
      <p class="upstream-note" data-testid="upstream-note">
        <strong>{link.waitingSince(formats.timeWithSeconds(state.staleSince))}</strong>{" "}
        {messages.problem(state.problem)} {link.mayBeStale}
      </p>
    );
  }
  if (!isLost || !hasLasted.value) return null;
  return (
    <p class="upstream-note" data-testid="stale-note">
      <strong>{state.kind === "offline" ? link.offline : link.reconnecting}</strong> ·{" "}
      {state.problem !== undefined && `${messages.problem(state.problem)} · `}
      {link.staleSince(formats.timeWithSeconds(state.staleSince))} · {link.mayBeStale}
    </p>
  );
}
