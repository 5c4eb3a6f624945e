/** Failures that leave open whether a command was done. Apart from their words, which every page loads first. */
import type { ApiFailure } from "./store/api-client.ts";

/** What a Runtime leaves open that was asked and gave no answer. */
const UNANSWERED: ReadonlySet<string> = new Set(["runtime_timeout", "runtime_network_failed"]);

/** Whether a command may have been done although no good answer came. */
export function isOutcomeUnknown(failure: ApiFailure | undefined): boolean {
  switch (failure?.kind) {
    case "network":
    case "timeout":
      return true;
    case "problem":
      return UNANSWERED.has(failure.code);
    case "malformed":
      // What a proxy refuses by itself has not arrived; what it waited for in vain may have.
      return failure.status < 400 || failure.status >= 500;
    case undefined:
      return false;
  }
}
