/**
 * The pages of the `transcript` case, driven alike: the console on the real server with its history, and the peers with
 * all of it at once.
 *
 * Owns what an operation is on each side.
 */
import { openConsoleStage } from "./console-stage.ts";
import { isConsoleReady, isPeerReady } from "./console-subject.ts";
import { openPeerPage } from "./peer-page.ts";
import type { WorkerUrl } from "./programs/worker-client.ts";

/** A page with a long conversation. */
export interface ListPage extends AsyncDisposable {
  readonly url: string;
  readonly isReady: () => boolean;
  /** An item comes at the end. */
  append(text: string): void;
  /** The last item goes on. */
  update(text: string): void;
  /** What to wait for before older items may come, and what lets them come. */
  prepare(): { readonly ready: Promise<void>; readonly prepend: () => void };
}

/** How many items an older page has. */
export const PAGE_ITEMS = 50;

/** The console: it is given the newest items with the page, and asks for older ones as the reader comes near. */
export async function openConsoleList(upstream: string, worker: WorkerUrl): Promise<ListPage> {
  const stage = await openConsoleStage(upstream, worker, null);
  return {
    url: stage.url,
    isReady: isConsoleReady,
    append: (text) => stage.append(text),
    update: (text) => stage.delta(text),
    prepare() {
      const { asked, release } = stage.holdOlder();
      return { ready: asked, prepend: release };
    },
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

/** A peer: it has been given everything. @param list How it shows that. */
export async function openPeerList(folder: string, list: string, items: readonly string[]): Promise<ListPage> {
  const initial = items.map((text, id) => ({ id, text }));
  const page = await openPeerPage(folder, initial);
  let newest = items.length;
  let oldest = 0;
  return {
    url: `${page.url}?list=${list}`,
    isReady: isPeerReady,
    append(text) {
      page.tell({ kind: "append", item: { id: newest, text } });
      newest += 1;
    },
    update: (text) => page.tell({ kind: "update", text }),
    prepare() {
      oldest -= PAGE_ITEMS;
      const older = items.slice(0, PAGE_ITEMS).map((text, index) => ({ id: oldest + index, text }));
      return { ready: Promise.resolve(), prepend: () => page.tell({ kind: "prepend", items: older }) };
    },
    [Symbol.asyncDispose]: () => page[Symbol.asyncDispose](),
  };
}
