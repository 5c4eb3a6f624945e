/**
 * The link, honestly: its state in a word, and behind that word what is known about it.
 */
import { useConsole } from "../context.ts";
import type { Formats } from "../formats.ts";
import type { Messages } from "../messages.ts";
import type { LinkState } from "../store/link-state.ts";
import { useNow } from "../use-now.ts";
import { LiveRegion } from "./live-region.tsx";

export function LinkStatus() {
  const { connection, conversation, messages, formats, isInteractive } = useConsole();
  const state = connection.state.value;
  const nextAttemptAt = "nextAttemptAt" in state ? state.nextAttemptAt : undefined;
  const now = useNow(nextAttemptAt !== undefined);
  const words = messages.link.counters;
  const link = connection.counters.value;
  const events = conversation.counters.value;
  const rows: readonly (readonly [string, number])[] = [
    [words.received, events.received],
    [words.resumed, link.opened],
    [words.silent, link.silent],
    [words.snapshots, link.freshSnapshots],
    [words.duplicates, events.duplicates],
    [words.gaps, link.gaps],
    [words.damaged, link.badFrames + link.lateFrames + events.malformed + events.foreign],
  ];
  const said = linkWords(state, now, { messages, formats });
  const isLost = state.kind === "reconnecting" || state.kind === "offline" || state.kind === "ended";
  return (
    <>
      <LiveRegion />
      <details class="link needs-script" data-state={state.kind}>
        <summary aria-label={`${messages.link.label}: ${said}`}>
          <span class="dot" aria-hidden="true" />
          <span class="link-word" data-testid="link-state">
            {said}
          </span>
        </summary>
        <div class="popover-panel">
          {state.kind === "waiting" && <p>{messages.link.waitingSince(formats.timeWithSeconds(state.staleSince))}</p>}
          {(state.kind === "ended" || state.kind === "waiting") && <p>{messages.problem(state.problem)}</p>}
          {"staleSince" in state && state.kind !== "waiting" && isInteractive.value && (
            <p>{messages.link.staleSince(formats.timeWithSeconds(state.staleSince))}</p>
          )}
          {connection.isFallback.value && <p>{messages.link.fallback}</p>}
          <dl aria-label={messages.link.details}>
            {rows.map(([word, value]) => (
              <div key={word}>
                <dt>{word}</dt>
                <dd>{formats.number(value)}</dd>
              </div>
            ))}
          </dl>
        </div>
      </details>
      {isLost && (
        <button type="button" class="quiet-button" onClick={() => connection.reconnectNow()}>
          {messages.link.tryNow}
        </button>
      )}
    </>
  );
}

interface Words {
  readonly messages: Messages;
  readonly formats: Formats;
}

function linkWords(state: LinkState, now: number | undefined, { messages, formats }: Words): string {
  const { link } = messages;
  switch (state.kind) {
    case "connecting":
      return link.connecting;
    case "catching_up":
      return state.behind === undefined ? link.catchingUp : link.catchingUpBy(formats.number(state.behind));
    case "live":
      return link.live;
    case "waiting":
      return link.waiting;
    case "offline":
      return link.offline;
    case "ended":
      return link.ended;
    case "reconnecting": {
      if (state.nextAttemptAt === undefined || now === undefined) return link.reconnecting;
      const seconds = Math.ceil((state.nextAttemptAt - now) / 1000);
      return seconds > 1 ? link.reconnectingIn(seconds) : link.reconnecting;
    }
  }
}
