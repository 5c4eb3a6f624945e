/**
 * Taking a whole conversation out of its Runtime.
 *
 * Owns the account of where it stands and the reading of its entries, page by page, as far as they had come at that
 * moment: what is said afterwards is not in it, and what is let go meanwhile ends the reading. Called by the Backend.
 */
import { CONVERSATION_FORMAT, CONVERSATION_VERSION } from "../protocol/conversation-file.ts";
import type { LogEntry } from "../protocol/entry.ts";
import type { WorkerRef } from "../protocol/id.ts";
import { ProblemError } from "../protocol/problem.ts";
import type { EntryPage, WorkerDetail } from "../protocol/runtime-api.ts";
import { emptyTranscript } from "../protocol/transcript.ts";
import { plainSelector } from "../runtime/profile.ts";
import type { EntriesQuery } from "../runtime/runtime.ts";
import type { ExportedConversation, WorkerView } from "./backend.ts";

/** What an export reads from. */
export interface ExportSource {
  readonly ref: WorkerRef;
  /** The name that viewers see. */
  readonly label: string;
  readonly detail: WorkerDetail;
  readonly view: () => Promise<WorkerView>;
  readonly entries: (query: EntriesQuery) => Promise<EntryPage>;
  /** What viewers may see of entries. */
  readonly show: (entries: readonly LogEntry[]) => readonly LogEntry[];
  readonly pageEntries: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** How often the state and the entries are read anew where the Worker said something in between. */
const MAX_READINGS = 4;

/** Reads where the conversation stands, and its first page. What can't be read at all is found out here. */
export async function exportConversation(source: ExportSource): Promise<ExportedConversation> {
  const { ref, label, detail, now } = source;
  const { snapshot, bounds } = await readState(source);
  const pages = readPages(source, bounds);
  const first = await pages.next();
  const { run, usage } = emptyTranscript();
  return {
    header: {
      format: CONVERSATION_FORMAT,
      version: CONVERSATION_VERSION,
      exported_at: new Date(now).toISOString(),
      worker: {
        ...ref,
        display_name: label.trim() === "" ? ref.worker_id : label.trim(),
        profile: plainSelector(detail.profile),
        ...(detail.model ? { model: detail.model } : {}),
      },
      usage: snapshot.usage ?? usage,
      run: snapshot.run ?? run,
      older_entries: bounds.oldest,
    },
    pages: (async function* () {
      if (first.done) return;
      yield first.value;
      yield* pages;
    })(),
  };
}

interface Bounds {
  readonly oldest: number;
  /** One more than the index of the newest. */
  readonly end: number;
}

/** The state and the entries as they stood at one moment, or nearly so where the Worker never pauses. */
async function readState({ view, entries }: ExportSource) {
  let { entries_total: end } = await entries({ limit: 1 });
  for (let reading = 1; ; reading += 1) {
    const { snapshot } = await view();
    const page = await entries({ limit: 1 });
    if (page.entries_total === end || reading === MAX_READINGS) {
      return { snapshot, bounds: { oldest: Math.min(page.oldest_kept, page.entries_total), end: page.entries_total } };
    }
    end = page.entries_total;
  }
}

async function* readPages(
  { entries, show, pageEntries }: ExportSource,
  { oldest, end }: Bounds,
): AsyncGenerator<readonly LogEntry[], void, void> {
  let limit = pageEntries;
  for (let next = oldest; next < end;) {
    const count = Math.min(limit, end - next);
    let page: EntryPage;
    try {
      page = await entries({ before: next + count, limit: count });
    } catch (error) {
      // Long entries: fewer of them fit into an answer.
      const isTooMuch = error instanceof ProblemError && error.code === "runtime_answer_too_large";
      if (!isTooMuch || count === 1) throw error;
      limit = Math.ceil(count / 4);
      continue;
    }
    if (page.entries_start !== next || page.entries.length === 0) {
      throw new ProblemError("cursor_expired", "The oldest entries were let go while they were read; try again.");
    }
    next += page.entries.length;
    yield show(page.entries);
  }
}
