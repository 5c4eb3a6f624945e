/**
 * What a screen reader is told, politely and at boundaries only: a run begins or ends, the link is lost or back. Never a
 * word of the text itself, which the reader reads when they want to.
 */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useConsole } from "../context.ts";
import type { LinkState } from "../store/link-state.ts";

/** What a listener needs to know of the link. While it is being made there is no news: `before` stands. */
function linkNews(kind: LinkState["kind"], before: "fine" | "away" | "lost" | "ended") {
  switch (kind) {
    case "live":
      return "fine";
    case "waiting":
      return "away";
    case "ended":
      return "ended";
    case "reconnecting":
    case "offline":
      return "lost";
    case "connecting":
    case "catching_up":
      // The first heartbeat tells whether the server hears the Worker.
      return before;
  }
}

export function LiveRegion() {
  const { conversation, connection, messages } = useConsole();
  const said = useSignal("");
  const before = useRef<{ readonly run: string; readonly link: ReturnType<typeof linkNews> } | undefined>(undefined);
  useSignalEffect(() => {
    const run = conversation.run.value;
    const previous = before.current;
    const link = linkNews(connection.state.value.kind, previous?.link ?? "fine");
    const present = { run: run.state === "ended" ? `ended ${run.ended_ts}` : run.state, link };
    before.current = present;
    if (previous === undefined) return;
    if (previous.run !== present.run && run.state === "active") said.value = messages.announce.started;
    else if (previous.run !== present.run && run.state === "ended") {
      if (run.result === "errored") said.value = messages.announce.failed;
      else said.value = run.cause === undefined ? messages.announce.finished : messages.announce.stopped;
    } else if (previous.link !== link) {
      const { linkLost, linkBack, linkEnded, runtimeLost, runtimeBack } = messages.announce;
      const words = {
        fine: previous.link === "away" ? runtimeBack : linkBack,
        away: runtimeLost,
        lost: linkLost,
        ended: linkEnded,
      };
      said.value = words[link];
    }
  });
  return (
    <p class="visually-hidden" role="status" data-testid="announcer">
      {said.value}
    </p>
  );
}
