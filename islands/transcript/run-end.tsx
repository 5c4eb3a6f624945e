/** How a run ended: what it cost, why it stopped, or why it failed, with the way to ask again. */
import { useComputed } from "@preact/signals";
import { isProblemCode } from "../../protocol/problem.ts";
import { useConsole } from "../context.ts";
import { Icon } from "../icon.tsx";
import { failedRequest } from "./failed-request.ts";
import type { Row, RunEnd } from "./row.ts";

interface FailureProps {
  readonly row: Extract<Row, { kind: "failure" }>;
  /** The row's place in the whole conversation. */
  readonly index: number;
}

export function Failure({ row, index }: FailureProps) {
  const { messages } = useConsole();
  const words =
    row.problem !== undefined && isProblemCode(row.problem) ? messages.problem(row.problem) : messages.runFailed;
  return (
    <>
      <section class="failure" aria-label={messages.runFailed}>
        <Icon name="warn" />
        <div>
          <p class="failure-title">{words}</p>
          {row.message !== "" && <p class="failure-reason">{row.message}</p>}
          <p class="failure-code">
            <code>{row.problem ?? row.code}</code>
          </p>
          <Retry index={index} />
        </div>
      </section>
      <RunEndLine end={row.end} />
    </>
  );
}

/** Sends the message again that the run failed on; offered as long as nothing else has been said. */
function Retry({ index }: { readonly index: number }) {
  const { conversation, composer, isInteractive, isRunning, takesInput, messages } = useConsole();
  const text = useComputed(() =>
    isRunning.value || !takesInput.value
      ? undefined
      : failedRequest(conversation.entries.value, index - conversation.entriesStart.value),
  );
  if (text.value === undefined || !isInteractive.value) return null;
  const askAgain = ({ detail }: MouseEvent) => {
    // By way of the message box: what stands there is kept meanwhile, and a refusal is told where all are.
    composer.takeUp(text.peek() ?? "");
    void composer.submit();
    // The button goes as soon as the run begins; a touch of it is not to bring up a screen's keys.
    const isByKey = detail === 0;
    if (isByKey) document.getElementById("composer-input")?.focus();
  };
  return (
    <p class="failure-retry">
      <button type="button" class="quiet-button" onClick={askAgain}>
        {messages.askAgain}
      </button>
    </p>
  );
}

/** A shorter run would be said to have taken no time. */
const SHORTEST_SHOWN_MS = 100;

export function RunEndLine({ end }: { readonly end: RunEnd }) {
  const { messages, formats } = useConsole();
  const { usage, durationMs, reason } = end;
  const facts: string[] = [];
  if (durationMs !== undefined && durationMs >= SHORTEST_SHOWN_MS) facts.push(messages.duration(durationMs));
  if (usage) {
    const spent = messages.usage(formats.number(usage.input), formats.number(usage.output));
    facts.push(usage.cached > 0 ? `${spent} (${messages.cached(formats.number(usage.cached))})` : spent);
  }
  if (reason === undefined && facts.length === 0) return null;
  return (
    <footer class="run-end">
      {reason !== undefined && <span class="badge">{messages.runEnd(reason)}</span>}
      {facts.length > 0 && <span>{facts.join(" · ")}</span>}
    </footer>
  );
}
