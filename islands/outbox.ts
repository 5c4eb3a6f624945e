/**
 * What can be done with messages beyond sending one: let them wait, and act on those that have been said. Owns the shape
 * by which the page reaches it; `composer/create-outbox.tsx` fills it, loaded once the page has come alive.
 */
import type { FunctionComponent } from "preact";
import type { Queue } from "./store/queue.ts";

export interface TurnActionsProps {
  /** Who has said it. */
  readonly by: "user" | "worker";
  /** What was said, as it was written. */
  readonly text: string;
}

export interface Outbox {
  readonly queue: Queue;
  readonly QueueView: FunctionComponent;
  readonly TurnActions: FunctionComponent<TurnActionsProps>;
}
