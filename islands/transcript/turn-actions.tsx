/**
 * What can be done with a message: copy it, quote it, link to it, say it again. Owns the actions of one message. What is
 * said again is always a new message with an id of its own: nothing in the conversation is changed.
 */
import type { Signal } from "@preact/signals";
import { isKnownEntry, type LogEntry } from "../../protocol/entry.ts";
import { flattenSegments } from "../../protocol/segment.ts";
import { Toolbar, type ToolbarAction } from "../composer/toolbar.tsx";
import type { Console } from "../console.ts";
import { useConsole } from "../context.ts";
import { copyText } from "../copy-text.ts";
import type { TurnMessages } from "../messages-turns.ts";
import type { TurnActionsProps } from "../outbox.ts";
import { plainText } from "./plain-text.ts";

type ActionName = "copy" | "markdown" | "quote" | "link" | "edit" | "again";

interface Props extends TurnActionsProps {
  readonly words: TurnMessages["turn"];
  /** Told to who can't see it. */
  readonly said: Signal<string>;
}

/** How long a button shows that it has worked. */
const DONE_MS = 1_600;

export function TurnActions({ by, text, words, said }: Props) {
  const page = useConsole();
  const isOff = !page.takesInput.value;
  const quote: ToolbarAction<ActionName> = { name: "quote", label: words.quote, isOff };
  const link: ToolbarAction<ActionName> = { name: "link", label: words.link };
  const copy: ToolbarAction<ActionName> = { name: "copy", label: words.copyText };
  const actions: readonly ToolbarAction<ActionName>[] =
    by === "user"
      ? [copy, quote, link, { name: "edit", label: words.edit, hint: words.editHint, isOff }]
      : [
          copy,
          { name: "markdown", label: words.copyMarkdown },
          quote,
          link,
          { name: "again", label: words.regenerate, hint: words.regenerateHint, isOff },
        ];

  const copyOut = async (copied: string, news: string, button: HTMLElement) => {
    const isCopied = await copyText(copied);
    say(said, isCopied ? news : words.copyFailed);
    if (!isCopied) return;
    button.dataset["done"] = "";
    page.clock.setTimeout(() => delete button.dataset["done"], DONE_MS);
  };
  const act = async (name: ActionName, button: HTMLElement): Promise<void> => {
    const row = button.closest("[id^=entry-]");
    switch (name) {
      case "copy": {
        const rendered = by === "worker" ? button.closest("article")?.querySelector(".markdown") : undefined;
        return copyOut(rendered ? plainText(rendered) : text, words.copied, button);
      }
      case "markdown":
        return copyOut(text, words.copied, button);
      case "link":
        return copyOut(new URL(`${location.pathname}#${row?.id ?? ""}`, location.href).href, words.linkCopied, button);
      case "quote":
        page.composer.edit(withQuote(page.composer.text.peek(), text));
        return focusComposer();
      case "edit":
        page.composer.takeUp(text);
        return focusComposer();
      case "again": {
        const question = await questionBefore(page, Number(row?.id.slice("entry-".length)));
        if (question === undefined) return say(said, words.noQuestion);
        page.composer.takeUp(question);
        return page.submit();
      }
    }
  };
  return <Toolbar label={words.actions} actions={actions} onAction={(name, button) => void act(name, button)} />;
}

/** Says it, also when it is what was said last. */
function say(said: Signal<string>, words: string): void {
  said.value = said.peek() === words ? `${words}\u00a0` : words;
}

/** What is being written, with a quotation behind it, to be answered below. */
function withQuote(written: string, text: string): string {
  const quoted = text.trim().replace(/^/gm, "> ").replace(/^> $/gm, ">");
  return `${written.trim() === "" ? "" : `${written.trimEnd()}\n\n`}${quoted}\n\n`;
}

function focusComposer(): void {
  // When the component has put the new words there.
  requestAnimationFrame(() => {
    const field = document.querySelector<HTMLTextAreaElement>("#composer-input");
    field?.focus();
    field?.setSelectionRange(field.value.length, field.value.length);
    if (field) field.scrollTop = field.scrollHeight;
  });
}

/** The person's message that the answer at a place of the conversation followed, fetched where it has to be. */
async function questionBefore({ data, conversation }: Console, index: number): Promise<string | undefined> {
  if (!Number.isInteger(index)) return undefined;
  const { earlier } = data;
  if (earlier) return lastQuestion(earlier.entries.slice(0, Math.max(0, index - earlier.entries_start)));
  for (;;) {
    const start = conversation.entriesStart.peek();
    const question = lastQuestion(conversation.entries.peek().slice(0, Math.max(0, index - start)));
    const { kind } = conversation.older.peek();
    if (question !== undefined || (kind !== "more" && kind !== "loading")) return question;
    await conversation.loadOlder();
  }
}

function lastQuestion(entries: readonly LogEntry[]): string | undefined {
  const question = entries.findLast((entry) => isKnownEntry(entry) && entry.kind === "user_input");
  if (question === undefined || !isKnownEntry(question) || question.kind !== "user_input") return undefined;
  return flattenSegments(question.segments);
}
