/**
 * The conversation on the screen.
 *
 * Owns the order of rows and their reuse: rows stand in chunks of fixed places in the whole conversation, and a chunk
 * whose entries are all there keeps its vnode, so that a delta costs the same in a long conversation as in a short one.
 */
import type { VNode } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { LogEntry } from "../../protocol/entry.ts";
import type { InFlightBlock } from "../../protocol/event.ts";
import { useConsole } from "../context.ts";
import { Icon } from "../icon.tsx";
import type { Messages } from "../messages.ts";
import { Activity } from "./activity.tsx";
import { useFollow } from "./follow.ts";
import { rowOfBlock, rowOfEntry } from "./row.ts";
import { RowView } from "./row-view.tsx";

export function Transcript() {
  const { conversation, connection, messages, data, label, isOver } = useConsole();
  const scroller = useRef<HTMLDivElement>(null);
  const follow = useFollow(scroller, () => {
    if (data.earlier === undefined && conversation.older.peek().kind === "more") void conversation.loadOlder();
  });
  const chunks = useMemo(createChunks, []);
  const { earlier } = data;
  const entries = earlier?.entries ?? conversation.entries.value;
  const start = earlier?.entries_start ?? conversation.entriesStart.value;
  const blocks = earlier ? [] : conversation.blocks.value;
  const isEmpty = entries.length === 0 && blocks.length === 0 && start === 0;
  return (
    <>
      <div class="scroller" ref={scroller} tabIndex={0} role="log" aria-live="off" aria-label={messages.conversation}>
        <div class="column" data-link={connection.state.value.kind}>
          {isEmpty ? <Empty worker={label.value} messages={messages} /> : <Earlier start={start} />}
          {chunks(entries, start, blocks, isOver.value, messages)}
          {earlier ? <BackToNewest /> : <Activity />}
        </div>
      </div>
      <button
        type="button"
        class="jump needs-script"
        hidden={follow.isAtEnd.value}
        onClick={() => {
          follow.jump();
        }}
      >
        <Icon name="down" />
        {messages.jumpToLatest}
      </button>
    </>
  );
}

function Empty({ worker, messages }: { readonly worker: string; readonly messages: Messages }) {
  return (
    <div class="empty">
      <p class="empty-title">{messages.emptyTitle(worker)}</p>
      <p>{messages.emptyHint}</p>
    </div>
  );
}

/** The way to older messages: a link, which also works without scripts. */
function Earlier({ start }: { readonly start: number }) {
  const { conversation, messages, data } = useConsole();
  const older = data.earlier ? { kind: start > data.earlier.oldest_kept ? "more" : "none" } : conversation.older.value;
  if (older.kind === "none") return null;
  const words =
    older.kind === "loading"
      ? messages.earlierLoading
      : older.kind === "failed"
        ? messages.earlierFailed
        : messages.earlier;
  return (
    <p class="earlier">
      <a
        href={`?before=${start}`}
        onClick={(event) => {
          if (data.earlier) return;
          event.preventDefault();
          void conversation.loadOlder();
        }}
      >
        {words}
      </a>
    </p>
  );
}

function BackToNewest() {
  const { paths, ref, messages } = useConsole();
  return (
    <p class="earlier">
      <a href={paths.workerPage(ref)}>{messages.backToNewest}</a>
    </p>
  );
}

const CHUNK_ROWS = 64;

/** Renders rows; remembers those of the entries that it has seen. */
function createChunks() {
  const rows = new WeakMap<LogEntry, VNode | null>();
  const whole = new Map<number, { readonly first: LogEntry; readonly last: LogEntry; readonly vnode: VNode }>();

  const entryRow = (entries: readonly LogEntry[], at: number, key: number, messages: Messages): VNode | null => {
    const entry = entries[at];
    if (entry === undefined) return null;
    const known = rows.get(entry);
    if (known !== undefined) return known;
    const row = rowOfEntry(entries, at, messages);
    const vnode = row ? <RowView key={key} row={row} /> : null;
    rows.set(entry, vnode);
    return vnode;
  };

  return (
    entries: readonly LogEntry[],
    start: number,
    blocks: readonly InFlightBlock[],
    isOver: boolean,
    messages: Messages,
  ): readonly VNode[] => {
    const total = start + entries.length;
    const end = total + blocks.length;
    const vnodes: VNode[] = [];
    for (let number = Math.floor(start / CHUNK_ROWS); number * CHUNK_ROWS < end; number += 1) {
      const from = Math.max(start, number * CHUNK_ROWS);
      const to = Math.min(end, (number + 1) * CHUNK_ROWS);
      const first = entries[from - start];
      const last = entries[to - 1 - start];
      const kept = whole.get(number);
      if (kept && kept.first === first && kept.last === last) {
        vnodes.push(kept.vnode);
        continue;
      }
      const children: (VNode | null)[] = [];
      for (let index = from; index < to; index += 1) {
        const block = blocks[index - total];
        if (block === undefined) {
          children.push(entryRow(entries, index - start, index, messages));
          continue;
        }
        const row = rowOfBlock(block, messages, isOver);
        children.push(row ? <RowView key={index} row={row} /> : null);
      }
      const vnode = (
        <div class="chunk" key={`chunk-${number}`}>
          {children}
        </div>
      );
      if (to - from === CHUNK_ROWS && first && last) whole.set(number, { first, last, vnode });
      vnodes.push(vnode);
    }
    return vnodes;
  };
}
