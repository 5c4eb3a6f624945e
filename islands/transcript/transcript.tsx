/**
 * The conversation on the screen: its rows, the way to older ones, what goes on right now, and the way back to the newest.
 */
import { useComputed } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { isKnownBlock } from "../../protocol/event.ts";
import { useConsole } from "../context.ts";
import { Icon } from "../icon.tsx";
import type { Messages } from "../messages.ts";
import { Activity } from "./activity.tsx";
import { useEntryLink } from "./entry-link.ts";
import { useFollow, type Follow } from "./follow.ts";
import { useNews } from "./news.ts";
import { rowsOfPage, Rows, type RowSource } from "./rows.tsx";

export function Transcript() {
  const { conversation, connection, messages, data, label } = useConsole();
  const { earlier } = data;
  const scroller = useRef<HTMLDivElement>(null);
  const source = useMemo<RowSource>(() => {
    if (earlier) return rowsOfPage(earlier);
    const { entries, entriesStart: start, blocks, growth } = conversation;
    return { entries, start, blocks, growth };
  }, []);
  const follow = useFollow(scroller, () => {
    if (earlier === undefined && conversation.older.peek().kind === "more") void conversation.loadOlder();
  });
  useEntryLink(source);
  const isEmpty = useComputed(
    () => source.entries.value.length === 0 && source.start.value === 0 && source.blocks.value.length === 0,
  );
  return (
    <>
      <h2 class="visually-hidden">{messages.conversation}</h2>
      <div class="scroller" ref={scroller} tabIndex={0} role="log" aria-live="off" aria-label={messages.conversation}>
        <div class="column" data-link={connection.state.value.kind}>
          {isEmpty.value ? <Empty worker={label.value} messages={messages} /> : <Earlier source={source} />}
          <Rows source={source} />
          {earlier ? <BackToNewest /> : <Activity />}
        </div>
      </div>
      <Jump source={source} follow={follow} />
    </>
  );
}

/** Back to the newest text, and what is new there. */
function Jump({ source, follow }: { readonly source: RowSource; readonly follow: Follow }) {
  const { conversation, messages, isRunning } = useConsole();
  const news = useNews(source, follow.isAtEnd);
  const isWriting = useComputed(
    () => isRunning.value && conversation.blocks.value.some((block) => isKnownBlock(block) && block.kind === "text"),
  );
  const words = [
    ...(news.value > 0 ? [messages.newMessages(news.value)] : []),
    ...(isWriting.value ? [messages.stillWriting] : []),
  ];
  return (
    <button
      type="button"
      class="jump needs-script notranslate"
      hidden={follow.isAtEnd.value}
      onClick={(event) => follow.jump(event.currentTarget)}
    >
      <Icon name="down" />
      <span>{messages.jumpToLatest}</span>
      {words.length > 0 && <span class="jump-news">{words.join(" · ")}</span>}
    </button>
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
function Earlier({ source }: { readonly source: RowSource }) {
  const { conversation, messages, data } = useConsole();
  const start = source.start.value;
  const older = data.earlier ? { kind: start > data.earlier.oldest_kept ? "more" : "none" } : conversation.older.value;
  if (older.kind === "none") return null;
  const words =
    older.kind === "loading"
      ? messages.earlierLoading
      : older.kind === "failed"
        ? messages.earlierFailed
        : messages.earlier;
  return (
    <p class="earlier notranslate">
      <a
        href={`?before=${start}`}
        onClick={(event) => {
          if (data.earlier || older.kind === "full") return;
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
