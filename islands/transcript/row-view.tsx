/** How each row of a conversation looks. Owns markup only; which rows there are is `row.ts`. */
import { isProblemCode } from "../../protocol/problem.ts";
import { useConsole } from "../context.ts";
import { Icon } from "../icon.tsx";
import { Markdown } from "../markdown/markdown.tsx";
import { Time } from "../time.tsx";
import { useNow } from "../use-now.ts";
import type { Row, RunEnd } from "./row.ts";
import { TurnSlot } from "./turn-slot.tsx";

type RowOf<Kind extends Row["kind"]> = Extract<Row, { kind: Kind }>;

export function RowView({ row }: { readonly row: Row }) {
  switch (row.kind) {
    case "user":
      return <UserMessage row={row} />;
    case "answer":
      return <Answer row={row} />;
    case "thinking":
      return <Thinking row={row} />;
    case "tool_call":
      return <ToolCall row={row} />;
    case "tool_result":
      return <ToolResult row={row} />;
    case "note":
      return <Note row={row} />;
    case "failure":
      return <Failure row={row} />;
    case "run_end":
      return <RunEndLine end={row.end} />;
  }
}

function UserMessage({ row }: { readonly row: RowOf<"user"> }) {
  const { messages } = useConsole();
  return (
    <article class="message user" aria-label={messages.you}>
      <div class="bubble">{row.text}</div>
      <div class="turn-foot">
        <TurnSlot by="user" text={row.text} />
        <Time at={row.ts} />
      </div>
    </article>
  );
}

function Answer({ row }: { readonly row: RowOf<"answer"> }) {
  const { label } = useConsole();
  return (
    <article class="message answer" aria-label={label.value} aria-busy={row.isStreaming ? "true" : undefined}>
      <Markdown text={row.text} isStreaming={row.isStreaming} isCut={row.isCut} />
      <div class="turn-foot">{!row.isStreaming && <TurnSlot by="worker" text={row.text} />}</div>
    </article>
  );
}

function Thinking({ row }: { readonly row: RowOf<"thinking"> }) {
  const { messages } = useConsole();
  const now = useNow(row.isStreaming && row.startedTs !== undefined);
  const durationMs =
    row.durationMs ?? (row.startedTs === undefined || now === undefined ? undefined : now - row.startedTs);
  const thought =
    row.durationMs === undefined ? messages.thought : messages.thoughtFor(messages.duration(row.durationMs));
  return (
    <details class="line thinking" data-streaming={row.isStreaming ? "" : undefined}>
      <summary>
        <Icon name="chevron" />
        <span class="line-label">{row.isStreaming ? messages.thinking : thought}</span>
        {row.isStreaming && durationMs !== undefined && (
          <span class="line-text">{messages.duration(Math.max(0, Math.floor(durationMs / 1000) * 1000))}</span>
        )}
      </summary>
      <div class="line-detail prose">{row.text}</div>
    </details>
  );
}

function ToolCall({ row }: { readonly row: RowOf<"tool_call"> }) {
  const { messages } = useConsole();
  return (
    <details class="line tool" data-streaming={row.isStreaming ? "" : undefined}>
      <summary>
        <Icon name="chevron" />
        <span class="line-label">{messages.toolCall}</span>
        <code class="line-text">{row.name}</code>
      </summary>
      <pre class="line-detail" tabIndex={0}>
        {row.input}
      </pre>
    </details>
  );
}

function ToolResult({ row }: { readonly row: RowOf<"tool_result"> }) {
  const { messages } = useConsole();
  const label = row.isError ? messages.toolFailed : messages.toolResult;
  return <Line tone={row.isError ? "error" : "quiet"} label={label} text={row.summary} detail={row.output} />;
}

function Note({ row }: { readonly row: RowOf<"note"> }) {
  return <Line tone={row.tone} label={row.label} text={row.text} detail={row.detail} />;
}

interface LineProps {
  readonly tone: "quiet" | "warn" | "error";
  readonly label: string;
  readonly text?: string | undefined;
  readonly detail?: string | undefined;
}

function Line({ tone, label, text, detail }: LineProps) {
  const head = (
    <span class="line-words">
      <span class="line-label">{label}</span>
      {text && <span class="line-text"> {text}</span>}
    </span>
  );
  if (!detail) {
    return (
      <p class="line" data-tone={tone}>
        <span class="line-dot" aria-hidden="true" />
        {head}
      </p>
    );
  }
  return (
    <details class="line" data-tone={tone}>
      <summary>
        <Icon name="chevron" />
        {head}
      </summary>
      <pre class="line-detail" tabIndex={0}>
        {detail}
      </pre>
    </details>
  );
}

function Failure({ row }: { readonly row: RowOf<"failure"> }) {
  const { messages } = useConsole();
  const words =
    row.problem !== undefined && isProblemCode(row.problem) ? messages.problem(row.problem) : messages.runFailed;
  return (
    <>
      <section class="failure" aria-label={messages.runFailed}>
        <Icon name="warn" />
        <div>
          <p class="failure-title">{words}</p>
          <p class="failure-reason">{row.message}</p>
          <p class="failure-code">
            <code>{row.problem ?? row.code}</code>
          </p>
        </div>
      </section>
      <RunEndLine end={row.end} />
    </>
  );
}

/** A shorter run would be said to have taken no time. */
const SHORTEST_SHOWN_MS = 100;

function RunEndLine({ end }: { readonly end: RunEnd }) {
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
