/** Where the link to the server stands, as people see it. What an end of it means is every client's: `link-remedy.ts`. */
import type { ProblemCode } from "../../protocol/problem.ts";

export type LinkState =
  /** The first attempt; nothing has been received yet. */
  | { readonly kind: "connecting" }
  /** Open, but what was missed is still coming in. */
  | {
      readonly kind: "catching_up";
      /** How many events are still to come; absent where that is not known. */
      readonly behind?: number;
    }
  /** Everything there is has been received, and the link gives signs of life. */
  | { readonly kind: "live" }
  /** The link is open, but the server can't hear the Worker; it goes on trying by itself. */
  | { readonly kind: "waiting"; readonly problem: ProblemCode; readonly staleSince: number }
  /** Between attempts, or within one (`nextAttemptAt` absent). What is shown may be out of date since `staleSince`. */
  | {
      readonly kind: "reconnecting";
      readonly staleSince: number;
      readonly failedAttempts: number;
      readonly nextAttemptAt?: number;
      /** Why the server has ended the link, or refuses it; absent where it has not said so. */
      readonly problem?: ProblemCode;
    }
  /** As `reconnecting`, while the browser says that it has no network. */
  | {
      readonly kind: "offline";
      readonly staleSince: number;
      readonly failedAttempts: number;
      readonly nextAttemptAt?: number;
      readonly problem?: ProblemCode;
    }
  /** There is nothing to come back to. */
  | { readonly kind: "ended"; readonly problem: ProblemCode };

export { backoffMs, remedyFor } from "../../client/link-remedy.ts";
