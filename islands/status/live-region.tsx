/**
 * What a screen reader is told, politely and at boundaries only: a run begins or ends, the link is lost or back. Never a
 * word of the text itself, which the reader reads when they want to.
 */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { RunView } from "../../protocol/run-view.ts";
import { useConsole } from "../context.ts";
import type { Messages } from "../messages.ts";
import type { LinkState } from "../store/link-state.ts";

/** What a listener needs to know of the link. */
type LinkNews = "fine" | "away" | "lost" | "ended";

/** While it is being made there is no news: `before` stands. */
function linkNews(kind: LinkState["kind"], before: LinkNews): LinkNews {
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

function runWords(run: RunView, words: Messages["announce"]): readonly string[] {
  if (run.state === "active") return [words.started];
  if (run.state !== "ended") return [];
  if (run.result === "errored") return [words.failed];
  return [run.cause === undefined ? words.finished : words.stopped];
}

function linkWords(before: LinkNews, now: LinkNews, words: Messages["announce"]): string {
  switch (now) {
    case "fine":
      return before === "away" ? words.runtimeBack : words.linkBack;
    case "away":
      return words.runtimeLost;
    case "lost":
      return words.linkLost;
    case "ended":
      return words.linkEnded;
  }
}

export function LiveRegion() {
  const { conversation, connection, messages } = useConsole();
  const said = useSignal("");
  const before = useRef<{ readonly run: string; readonly link: LinkNews } | undefined>(undefined);
  useSignalEffect(() => {
    const run = conversation.run.value;
    const previous = before.current;
    const link = linkNews(connection.state.value.kind, previous?.link ?? "fine");
    const present = { run: run.state === "ended" ? `ended ${run.ended_ts}` : run.state, link };
    before.current = present;
    if (previous === undefined) return;
    // A run may end and the link be lost in one step: a listener hears of both.
    const words: string[] = [];
    if (previous.run !== present.run) words.push(...runWords(run, messages.announce));
    if (previous.link !== link) words.push(linkWords(previous.link, link, messages.announce));
    if (words.length > 0) said.value = words.join(" ");
  });
  return (
    <p class="visually-hidden" role="status" data-testid="announcer">
      {said.value}
    </p>
  );
}
