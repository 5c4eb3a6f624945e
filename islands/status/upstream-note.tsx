/** Says beside the message box that the conversation may be out of date, while the server waits for the Runtime. */
import { useConsole } from "../context.ts";

export function UpstreamNote() {
  const { connection, messages, formats } = useConsole();
  const state = connection.state.value;
  if (state.kind !== "waiting") return null;
  return (
    <p class="upstream-note" data-testid="upstream-note">
      <strong>{messages.link.waitingSince(formats.timeWithSeconds(state.staleSince))}</strong>{" "}
      {messages.problem(state.problem)} {messages.link.mayBeStale}
    </p>
  );
}
