/** Search in the whole conversation: the words, what was found, and how far the search has come. */
import { useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useConsole } from "../context.ts";
import { Icon } from "../icon.tsx";
import { Time } from "../time.tsx";
import { Dialog } from "../tools/dialog.tsx";
import type { ToolProps } from "../tools/open-tool.tsx";
import { useToolMessages } from "../tools/tool-context.ts";
import { ConversationSearch, MAX_HITS } from "./conversation-search.ts";
import type { Hit } from "./find-hits.ts";

/** As many as the server gives at once. */
const PAGE_ENTRIES = 200;
/** How long typing must pause before a search begins. */
const PAUSE_MS = 200;

export function SearchDialog({ tool, close }: ToolProps) {
  const { api, clock, conversation, ime, ref } = useConsole();
  const words = useToolMessages().search;
  const initial = "query" in tool ? tool.query : "";
  const timer = useRef<ReturnType<typeof clock.setTimeout> | undefined>(undefined);
  const search = useMemo(
    () =>
      new ConversationSearch({
        entries: () => conversation.entries.peek(),
        entriesStart: () => conversation.entriesStart.peek(),
        loadEntries: (before) => api.entries(ref, before, PAGE_ENTRIES),
      }),
    [],
  );
  const look = (query: string, pauseMs: number) => {
    clock.clearTimeout(timer.current);
    timer.current = clock.setTimeout(() => search.start(query), pauseMs);
  };
  useEffect(() => {
    if (initial !== "") search.start(initial);
    return () => {
      clock.clearTimeout(timer.current);
      search.stop();
    };
  }, []);
  const goTo = (hit: Hit) => {
    close();
    const place = `#entry-${hit.index}`;
    // The same place again is no change of the address, but it is a wish all the same.
    if (location.hash === place) dispatchEvent(new HashChangeEvent("hashchange"));
    else location.hash = place;
  };
  return (
    <Dialog kind="search" title={words.title} isTitleHidden onClose={close}>
      <div class="tool-field">
        <Icon name="search" />
        <input
          type="search"
          autofocus
          autocomplete="off"
          aria-label={words.title}
          placeholder={words.placeholder}
          defaultValue={initial}
          onInput={(event) => {
            // What an input method has not settled is not looked for.
            if (!event.isComposing) look(event.currentTarget.value, PAUSE_MS);
          }}
          onCompositionEnd={(event) => look(event.currentTarget.value, PAUSE_MS)}
          onKeyDown={(event) => {
            if (ime.owns(event)) return;
            if (event.key === "Enter") {
              look(event.currentTarget.value, 0);
            } else if (event.key === "Escape") {
              // The field would take the first Escape to empty itself.
              event.preventDefault();
              close();
            }
          }}
        />
      </div>
      <Progress search={search} />
      <Hits search={search} onChoose={goTo} />
    </Dialog>
  );
}

type Search = InstanceType<typeof ConversationSearch>;

/** How far it is, in a line, and the way to stop it or to go on. */
function Progress({ search }: { readonly search: Search }) {
  const { formats } = useConsole();
  const words = useToolMessages().search;
  const state = search.state.value;
  const { searched, total } = search.progress.value;
  const count = search.hits.value.length;
  const spoken = useRef<HTMLParagraphElement>(null);
  const found = count === 0 ? words.none : words.found(count, formats.number(count));
  const numbers = [formats.number(searched), formats.number(total)] as const;
  const lines = {
    empty: words.start,
    searching: `${words.searching(...numbers)}${count > 0 ? ` · ${found}` : ""}`,
    stopped: `${words.stopped(...numbers)} · ${found}`,
    capped: words.capped(formats.number(MAX_HITS)),
    done: found,
  };
  // A listener hears how it ended, not every page of the way.
  useSignalEffect(() => {
    const { kind } = search.state.value;
    if (spoken.current) spoken.current.textContent = kind === "searching" || kind === "empty" ? "" : lines[kind];
  });
  return (
    <div class="search-progress">
      {state.kind === "searching" && <progress max={Math.max(1, total)} value={searched} aria-label={words.title} />}
      <p data-testid="search-progress">
        {state.kind === "stopped" && state.reason === "failed" && `${words.failed} `}
        {lines[state.kind]}
      </p>
      {state.kind === "searching" && (
        <button type="button" class="quiet-button" onClick={() => search.stop()}>
          {words.stop}
        </button>
      )}
      {state.kind === "stopped" && (
        <button type="button" class="quiet-button" onClick={() => search.resume()}>
          {words.goOn}
        </button>
      )}
      <p class="visually-hidden" role="status" ref={spoken} />
    </div>
  );
}

function Hits({ search, onChoose }: { readonly search: Search; readonly onChoose: (hit: Hit) => void }) {
  const words = useToolMessages().search;
  const hits = search.hits.value;
  if (hits.length === 0) return null;
  return (
    <ol class="search-hits" aria-label={words.results}>
      {hits.map((hit, place) => (
        <li key={place}>
          <button type="button" onClick={() => onChoose(hit)}>
            <span class="hit-about">
              <span>{words.who[hit.who]}</span>
              {hit.ts !== undefined && <Time at={hit.ts} />}
            </span>
            <span class="hit-text">
              {hit.before}
              <mark>{hit.match}</mark>
              {hit.after}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}
