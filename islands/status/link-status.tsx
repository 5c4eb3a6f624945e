/**
 * The link, honestly: its state in a word, and behind that word what is known about it.
 */
import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { useConsole } from "../context.ts";
import type { Formats } from "../formats.ts";
import type { Messages } from "../messages.ts";
import type { LinkState } from "../store/link-state.ts";
import { useNow } from "../use-now.ts";
import { LiveRegion } from "./live-region.tsx";

export function LinkStatus() {
  const { connection, messages, formats, isInteractive } = useConsole();
  const state = connection.state.value;
  const nextAttemptAt = "nextAttemptAt" in state ? state.nextAttemptAt : undefined;
  const now = useNow(nextAttemptAt !== undefined);
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
          {"problem" in state && state.problem !== undefined && <p>{messages.problem(state.problem)}</p>}
          {"staleSince" in state && state.kind !== "waiting" && isInteractive.value && (
            <p>{messages.link.staleSince(formats.timeWithSeconds(state.staleSince))}</p>
          )}
          {connection.isFallback.value && <p>{messages.link.fallback}</p>}
          <Counters />
        </div>
      </details>
      {isLost && (
        <button
          type="button"
          class="quiet-button"
          // Only a page leads to the login.
          onClick={() =>
            "problem" in state && state.problem === "login_required" ? location.reload() : connection.reconnectNow()
          }
        >
          {messages.link.tryNow}
        </button>
      )}
    </>
  );
}

/** Numbers that go up with every frame of a stream: each is a text of its own, and renders nothing but itself. */
function Counters() {
  const { connection, conversation, messages, formats } = useConsole();
  const words = messages.link.counters;
  const counts = useMemo(() => {
    const link = connection.counters;
    const events = conversation.counters;
    const rows: readonly (readonly [string, () => number])[] = [
      [words.received, () => events.value.received],
      [words.resumed, () => link.value.opened],
      [words.silent, () => link.value.silent],
      [words.snapshots, () => link.value.freshSnapshots],
      [words.duplicates, () => events.value.duplicates],
      [words.gaps, () => link.value.gaps],
      [
        words.damaged,
        () => link.value.badFrames + link.value.lateFrames + events.value.malformed + events.value.foreign,
      ],
    ];
    return rows.map(([word, read]) => {
      const value = computed(read);
      return { word, shown: computed(() => formats.number(value.value)) };
    });
  }, []);
  return (
    <dl aria-label={messages.link.details}>
      {counts.map(({ word, shown }) => (
        <div key={word}>
          <dt>{word}</dt>
          <dd>{shown}</dd>
        </div>
      ))}
    </dl>
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
