/**
 * The palette: Workers and commands by a few letters. Owns the field, the list and their keys (a combobox with a listbox);
 * what there is to choose is in `commands.ts`.
 */
import { useComputed, useSignal } from "@preact/signals";
import { useContext, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { ConsoleContext, useFrame } from "../context.ts";
import { Icon } from "../icon.tsx";
import { Dialog } from "../tools/dialog.tsx";
import type { ToolProps } from "../tools/open-tool.tsx";
import { useToolMessages } from "../tools/tool-context.ts";
import { commandsOf, offersFor, type Command, type Offer } from "./commands.ts";
import type { Match } from "./fuzzy.ts";

const LIST_ID = "palette-list";
const PAGE_STEP = 8;

export function Palette({ open, close }: ToolProps) {
  const frame = useFrame();
  const page = useContext(ConsoleContext);
  const words = useToolMessages();
  const query = useSignal("");
  const active = useSignal(0);
  const list = useRef<HTMLDivElement>(null);
  const context = { frame, page, words, open, goTo: (path: string) => location.assign(path), download };
  // Made once: what is offered does not move under the reader's hand.
  const commands = useMemo(() => commandsOf(context), []);
  const offers = useComputed(() => {
    const wanted = query.value.trim();
    const found = offersFor(commands, wanted);
    if (wanted === "" || page === undefined) return found;
    return [...found, searchOffer(words.palette.searchFor(wanted), () => open({ kind: "search", query: wanted }))];
  });
  const count = offers.value.length;

  const run = (offer: Offer | undefined) => {
    if (!offer) return;
    // Closed first, so that the focus is back before the command moves it.
    close();
    offer.command.run();
  };
  const move = (to: number) => {
    if (count > 0) active.value = (to + count) % count;
  };
  useLayoutEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active.value, query.value]);

  return (
    <Dialog kind="palette" title={words.palette.title} isTitleHidden onClose={close}>
      <div class="tool-field">
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          autofocus
          autocomplete="off"
          spellcheck={false}
          aria-label={words.palette.placeholder}
          placeholder={words.palette.placeholder}
          aria-expanded="true"
          aria-autocomplete="list"
          aria-controls={LIST_ID}
          aria-activedescendant={count > 0 ? optionId(active.value) : undefined}
          value={query.value}
          onInput={(event) => {
            query.value = event.currentTarget.value;
            active.value = 0;
          }}
          onKeyDown={(event) => {
            if (frame.ime.owns(event)) return;
            const to = placeOf(event.key, active.peek(), count);
            if (to !== undefined && !event.altKey && !event.shiftKey) move(to);
            else if (event.key === "Enter") run(offers.peek()[active.peek()]);
            else return;
            event.preventDefault();
          }}
        />
      </div>
      <div class="tool-list" id={LIST_ID} role="listbox" aria-label={words.palette.results} ref={list}>
        {offers.value.map((offer, index) => (
          <Option
            key={offer.command.id}
            id={optionId(index)}
            offer={offer}
            heading={headingOf(offers.value, index, query.value.trim() === "", words.palette)}
            isActive={index === active.value}
            onPoint={() => (active.value = index)}
            onChoose={() => run(offer)}
          />
        ))}
      </div>
      {count === 0 && <p class="tool-empty">{words.palette.none(query.value.trim())}</p>}
      <p class="tool-foot" aria-hidden="true">
        {words.palette.hint}
      </p>
      <p class="visually-hidden" role="status">
        {count === 0 ? words.palette.none(query.value.trim()) : words.palette.count(count)}
      </p>
    </Dialog>
  );
}

interface OptionProps {
  readonly id: string;
  readonly offer: Offer;
  readonly heading: string | undefined;
  readonly isActive: boolean;
  readonly onPoint: () => void;
  readonly onChoose: () => void;
}

function Option({ id, offer, heading, isActive, onPoint, onChoose }: OptionProps) {
  const { command, match } = offer;
  return (
    <>
      {heading !== undefined && (
        <p class="tool-group" aria-hidden="true">
          {heading}
        </p>
      )}
      <div
        class="tool-option"
        id={id}
        role="option"
        aria-selected={isActive ? "true" : "false"}
        onPointerMove={onPoint}
        onClick={onChoose}
      >
        <span class="tool-label">{marked(command.label, match)}</span>
        {command.note !== undefined && <span class="tool-note">{command.note}</span>}
      </div>
    </>
  );
}

/** A group's name above its first command; once something is typed the best comes first, whatever its group. */
function headingOf(
  offers: readonly Offer[],
  index: number,
  isGrouped: boolean,
  names: Readonly<Record<Command["group"], string>>,
): string | undefined {
  const group = offers[index]?.command.group;
  if (!isGrouped || group === undefined || group === offers[index - 1]?.command.group) return undefined;
  return names[group];
}

function searchOffer(label: string, run: () => void): Offer {
  return { command: { id: "search-for", group: "conversation", label, run }, match: { score: 0, ranges: [] } };
}

/** The label with what matched of it marked. */
function marked(label: string, { ranges }: Match) {
  let from = 0;
  const parts = ranges.flatMap(([start, end]) => {
    const before = label.slice(from, start);
    from = end;
    return [before, <mark key={start}>{label.slice(start, end)}</mark>];
  });
  return [...parts, label.slice(from)];
}

function optionId(index: number): string {
  return `palette-option-${index}`;
}

function placeOf(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return at + 1;
    case "ArrowUp":
      return at - 1;
    case "PageDown":
      return Math.min(count - 1, at + PAGE_STEP);
    case "PageUp":
      return Math.max(0, at - PAGE_STEP);
    default:
      return undefined;
  }
}

/** Takes a file along without leaving the page. */
function download(path: string): void {
  const link = document.createElement("a");
  link.href = path;
  link.download = "";
  link.click();
}
