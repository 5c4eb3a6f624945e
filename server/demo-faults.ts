/**
 * The faults that a person may provoke in the offline demo.
 *
 * Owns which page's socket is which, by the id that the page gave it, and the restart of the embedded Runtime. Exists only
 * where the demo answers; without it there is neither a route nor an id.
 */
import type { ViewerId } from "../protocol/demo.ts";

/** What the demo's routes do. */
export interface DemoFaults {
  /** A page's socket has opened: `cut` breaks it, for as long as it is open. */
  noteViewer(viewerId: ViewerId, cut: () => void, closed: AbortSignal): void;
  /** Cuts a page's socket as a network would. @returns whether it was open */
  dropConnection(viewerId: ViewerId): boolean;
  /** Closes the embedded Runtime and opens it again on its store. */
  restartRuntime(): Promise<void>;
}

/** @param restartRuntime Restarts the embedded Runtime. */
export function createDemoFaults(restartRuntime: () => Promise<void>): DemoFaults {
  const viewers = new Map<ViewerId, () => void>();
  return {
    noteViewer(viewerId, cut, closed) {
      if (closed.aborted) return;
      viewers.set(viewerId, cut);
      closed.addEventListener(
        "abort",
        () => {
          if (viewers.get(viewerId) === cut) viewers.delete(viewerId);
        },
        { once: true },
      );
    },
    dropConnection(viewerId) {
      const cut = viewers.get(viewerId);
      viewers.delete(viewerId);
      cut?.();
      return cut !== undefined;
    },
    restartRuntime,
  };
}
