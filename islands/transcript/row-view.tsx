/** How each row of a conversation looks. Owns the messages' markup; the quiet lines and the end of a run have their own files. */
import { useConsole } from "../context.ts";
import type { Growth } from "../markdown/blocks.ts";
import { Time } from "../time.tsx";
import { useAnswerText } from "./answer-text.ts";
import { entryAnchor } from "./entry-link.ts";
import { Note, Thinking, ToolCall, ToolResult } from "./quiet-line.tsx";
import type { Row } from "./row.ts";
import { Failure, RunEndLine } from "./run-end.tsx";
import { TurnSlot } from "./turn-slot.tsx";

type RowOf<Kind extends Row["kind"]> = Extract<Row, { kind: Kind }>;

interface RowViewProps {
  readonly row: Row;
  /** The row's place in the whole conversation; a link can lead there. */
  readonly index: number;
  /** How its text has grown with the last rendering, where that is known. */
  readonly growth?: Growth | undefined;
  /** Whether it is being written. A translator would take the place of its text, which then grows where nobody sees it. */
  readonly isInFlight?: boolean;
}

export function RowView({ row, index, growth, isInFlight = false }: RowViewProps) {
  return (
    <div class={isInFlight ? "row notranslate" : "row"} id={entryAnchor(index)}>
      <RowContent row={row} index={index} growth={growth} />
    </div>
  );
}

function RowContent({ row, index, growth }: Omit<RowViewProps, "isInFlight">) {
  switch (row.kind) {
    case "user":
      return <UserMessage row={row} />;
    case "answer":
      return <Answer row={row} growth={growth} />;
    case "thinking":
      return <Thinking row={row} />;
    case "tool_call":
      return <ToolCall row={row} />;
    case "tool_result":
      return <ToolResult row={row} />;
    case "note":
      return <Note row={row} />;
    case "failure":
      return <Failure row={row} index={index} />;
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

interface AnswerProps {
  readonly row: RowOf<"answer">;
  readonly growth: Growth | undefined;
}

function Answer({ row, growth }: AnswerProps) {
  const { label } = useConsole();
  const Text = useAnswerText();
  return (
    <article class="message answer" aria-label={label.value} aria-busy={row.isStreaming ? "true" : undefined}>
      <Text text={row.text} isStreaming={row.isStreaming} isCut={row.isCut} growth={growth} />
      <div class="turn-foot">{!row.isStreaming && <TurnSlot by="worker" text={row.text} />}</div>
    </article>
  );
}
