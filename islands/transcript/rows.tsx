/**
 * The rows of a conversation in pages of fixed places, so that a delta costs the same in a long conversation as in a
 * short one: only the page that grows looks at what is being written, and a row of an entry is made once.
 *
 * Every page stays in the document, where the browser's search and a selection find it; one that is far from the screen
 * is neither laid out nor painted (`content-visibility` in the style sheet), at the height that it had or will have about.
 */
import { signal, useComputed, type ReadonlySignal } from "@preact/signals";
import type { VNode } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { LogEntry } from "../../protocol/entry.ts";
import type { InFlightBlock } from "../../protocol/event.ts";
import { useConsole } from "../context.ts";
import type { Growth } from "../markdown/blocks.ts";
import { estimateHeight } from "./estimate-height.ts";
import { rowOfBlock, rowOfEntry } from "./row.ts";
import { RowView } from "./row-view.tsx";

/** What the rows are made of. */
export interface RowSource {
  readonly entries: ReadonlySignal<readonly LogEntry[]>;
  /** Index of `entries[0]` in the whole conversation. */
  readonly start: ReadonlySignal<number>;
  /** What is being written behind the entries. */
  readonly blocks: ReadonlySignal<readonly InFlightBlock[]>;
  /** How the newest of them has grown with the last rendering, where that is known. */
  readonly growth: ReadonlySignal<Growth | undefined>;
}

/** The source of a page of older entries, which never changes. */
export function rowsOfPage(page: { readonly entries: readonly LogEntry[]; readonly entries_start: number }): RowSource {
  return {
    entries: signal(page.entries),
    start: signal(page.entries_start),
    blocks: signal(NO_BLOCKS),
    growth: signal(undefined),
  };
}

const NO_BLOCKS: readonly InFlightBlock[] = [];

/** How many places a page has. */
const PAGE_ROWS = 50;

export function Rows({ source }: { readonly source: RowSource }) {
  const offset = useOffset(source);
  const first = useComputed(() => Math.floor((source.start.value - offset.value) / PAGE_ROWS));
  const end = useComputed(() => {
    const places = source.start.value + source.entries.value.length + source.blocks.value.length;
    return Math.ceil((places - offset.value) / PAGE_ROWS);
  });
  const entryRow = useEntryRows();
  const pages: VNode[] = [];
  for (let number = first.value; number < end.value; number += 1) {
    const place = number * PAGE_ROWS + offset.value;
    pages.push(<Page key={place} place={place} source={source} entryRow={entryRow} />);
  }
  return <>{pages}</>;
}

/**
 * The first entry that was at hand begins a page, so that older ones come in pages of their own. No page ever grows at its
 * top: Firefox keeps the top of a page where it is, and would move what is read in it.
 */
function useOffset({ entries, start }: RowSource): ReadonlySignal<number> {
  const known = useMemo<{ offset?: number }>(() => ({}), []);
  return useComputed(() => {
    if (entries.value.length > 0) known.offset ??= start.value % PAGE_ROWS;
    return known.offset ?? 0;
  });
}

interface PageContent {
  /** Index of the first entry of the page in the whole conversation. */
  readonly from: number;
  readonly to: number;
  readonly first: LogEntry | undefined;
  readonly last: LogEntry | undefined;
  /** Empty unless the page is where the conversation grows. */
  readonly blocks: readonly InFlightBlock[];
}

type EntryRow = (entries: readonly LogEntry[], at: number, index: number) => VNode | null;

interface PageProps {
  /** Index of the entry that would be its first. */
  readonly place: number;
  readonly source: RowSource;
  readonly entryRow: EntryRow;
}

function Page({ place, source, entryRow }: PageProps) {
  const { isOver, messages } = useConsole();
  const shown = useMemo<{ content?: PageContent }>(() => ({}), []);
  const content = useComputed(() => {
    const next = contentOf(place, source);
    // The same content keeps its identity: a page that nothing happened to is not rendered again.
    shown.content = shown.content && isSame(shown.content, next) ? shown.content : next;
    return shown.content;
  });
  const { from, to, blocks } = content.value;
  const entries = source.entries.peek();
  const start = source.start.peek();
  const rows: (VNode | null)[] = [];
  for (let index = from; index < to; index += 1) rows.push(entryRow(entries, index - start, index));
  blocks.forEach((block, offset) => {
    const row = rowOfBlock(block, messages, isOver.value);
    const growth = block === source.blocks.peek().at(-1) ? source.growth.peek() : undefined;
    if (row) rows.push(<RowView key={to + offset} index={to + offset} row={row} growth={growth} isInFlight />);
  });
  // The page that still grows is on the screen, or was.
  const isFull = to === place + PAGE_ROWS;
  const height = useMemo(() => (isFull ? estimateHeight(entries.slice(from - start, to - start)) : 0), [from, isFull]);
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // Not as an attribute: no style stands in the document itself.
    if (element.current && height > 0) element.current.style.containIntrinsicBlockSize = `auto ${height}px`;
  }, [height]);
  return (
    <div class="page" ref={element}>
      {rows}
    </div>
  );
}

function contentOf(place: number, { entries, start, blocks }: RowSource): PageContent {
  const total = start.value + entries.value.length;
  const from = Math.max(start.value, place);
  const end = place + PAGE_ROWS;
  const to = Math.max(from, Math.min(total, end));
  const ofPage = end <= total ? NO_BLOCKS : blocks.value.slice(Math.max(0, from - total), end - total);
  const at = (index: number) => entries.value[index - start.value];
  return { from, to, first: at(from), last: at(to - 1), blocks: ofPage.length === 0 ? NO_BLOCKS : ofPage };
}

function isSame(one: PageContent, other: PageContent): boolean {
  return (
    one.from === other.from &&
    one.to === other.to &&
    one.first === other.first &&
    one.last === other.last &&
    one.blocks === NO_BLOCKS &&
    other.blocks === NO_BLOCKS
  );
}

/** Makes the rows of entries; remembers those that it has made. */
function useEntryRows(): EntryRow {
  const { messages } = useConsole();
  return useMemo(() => {
    const made = new WeakMap<LogEntry, { readonly index: number; readonly vnode: VNode | null }>();
    return (entries, at, index) => {
      const entry = entries[at];
      if (entry === undefined) return null;
      const known = made.get(entry);
      // An entry that is kept while the rest begins anew stands at another place.
      if (known?.index === index) return known.vnode;
      const row = rowOfEntry(entries, at, messages);
      const vnode = row ? <RowView key={index} index={index} row={row} /> : null;
      made.set(entry, { index, vnode });
      return vnode;
    };
  }, [messages]);
}
