/**
 * What a screen reader is told, politely and at boundaries only: a run begins or ends, the link is lost or back. Never a
 * word of the text itself, which the reader reads when they want to.
 */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useConsole } from "../context.ts";

export function LiveRegion() {
  const { conversation, connection, messages } = useConsole();
  const said = useSignal("");
  const before = useRef<{ readonly run: string; readonly isLost: boolean } | undefined>(undefined);
  useSignalEffect(() => {
    const run = conversation.run.value;
    const link = connection.state.value.kind;
    const isLost = link === "live" || link === "catching_up" ? false : link !== "connecting";
    const present = { run: run.state === "ended" ? `ended ${run.ended_ts}` : run.state, isLost };
    const previous = before.current;
    before.current = present;
    if (previous === undefined) return;
    if (previous.run !== present.run && run.state === "active") said.value = messages.announce.started;
    else if (previous.run !== present.run && run.state === "ended") {
      if (run.result === "errored") said.value = messages.announce.failed;
      else said.value = run.cause === undefined ? messages.announce.finished : messages.announce.stopped;
    } else if (previous.isLost !== present.isLost) {
      said.value = present.isLost ? messages.announce.linkLost : messages.announce.linkBack;
    }
  });
  return (
    <p class="visually-hidden" role="status" data-testid="announcer">
      {said.value}
    </p>
  );
}
