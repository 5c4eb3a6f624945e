/** The quiet lines between messages: thinking, tools, notices, whatever is new. Each opens where it has more to show. */
import type { ComponentChildren } from "preact";
import { useConsole } from "../context.ts";
import { Icon } from "../icon.tsx";
import { useNow } from "../use-now.ts";
import type { Row } from "./row.ts";

type RowOf<Kind extends Row["kind"]> = Extract<Row, { kind: Kind }>;

export function Thinking({ row }: { readonly row: RowOf<"thinking"> }) {
  const { messages } = useConsole();
  const now = useNow(row.isStreaming && row.startedTs !== undefined);
  const durationMs =
    row.durationMs ?? (row.startedTs === undefined || now === undefined ? undefined : now - row.startedTs);
  const thought =
    row.durationMs === undefined ? messages.thought : messages.thoughtFor(messages.duration(row.durationMs));
  const head = (
    <>
      <span class="line-label">{row.isStreaming ? messages.thinking : thought}</span>
      {row.isStreaming && durationMs !== undefined && (
        <span class="line-text">{messages.duration(Math.max(0, Math.floor(durationMs / 1000) * 1000))}</span>
      )}
    </>
  );
  if (row.isHidden) return <HiddenLine isStreaming={row.isStreaming}>{head}</HiddenLine>;
  return (
    <details class="line thinking" data-streaming={row.isStreaming ? "" : undefined}>
      <summary>
        <Icon name="chevron" />
        {head}
      </summary>
      <div class="line-detail prose">{row.text}</div>
    </details>
  );
}

export function ToolCall({ row }: { readonly row: RowOf<"tool_call"> }) {
  const { messages } = useConsole();
  const head = (
    <>
      <span class="line-label">{messages.toolCall}</span>
      <code class="line-text">{row.name}</code>
      {row.isStreaming && <span class="line-text">{messages.toolPreparing}</span>}
    </>
  );
  if (row.isHidden) return <HiddenLine isStreaming={row.isStreaming}>{head}</HiddenLine>;
  return (
    <details class="line tool-call" data-streaming={row.isStreaming ? "" : undefined}>
      <summary>
        <Icon name="chevron" />
        {head}
      </summary>
      <pre class="line-detail" tabIndex={0}>
        {row.input}
      </pre>
    </details>
  );
}

export function ToolResult({ row }: { readonly row: RowOf<"tool_result"> }) {
  const { messages } = useConsole();
  const label = row.isError ? messages.toolFailed(row.name) : messages.toolResult(row.name);
  const text = row.isHidden ? messages.hidden : row.summary;
  return <Line tone={row.isError ? "error" : "quiet"} label={label} text={text} detail={row.output} />;
}

/** In the place of what is kept from the reader: that it is there, and nothing to open. */
function HiddenLine({
  isStreaming,
  children,
}: {
  readonly isStreaming: boolean;
  readonly children: ComponentChildren;
}) {
  const { messages } = useConsole();
  return (
    <p class="line" data-tone="quiet" data-hidden="" data-streaming={isStreaming ? "" : undefined}>
      <span class="line-dot" aria-hidden="true" />
      <span class="line-words">
        {children}
        <span class="line-text"> {messages.hidden}</span>
      </span>
    </p>
  );
}

export function Note({ row }: { readonly row: RowOf<"note"> }) {
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
