/**
 * What viewers may see and do in a test.
 *
 * Owns policies that are made of one function, rights that a test changes, and routes that are asked without the app
 * around them.
 */
import { Hono } from "hono";
import { isSnapshotEvent, type Event } from "../../protocol/event.ts";
import { emptyTranscript, snapshotEvent, transcriptOf, type Transcript } from "../../protocol/transcript.ts";
import { FULL_RIGHTS, type ViewerPolicy, type ViewerRights } from "../../server/access/viewer-policy.ts";
import { passThrough, type ObservationPolicy } from "../../server/policy.ts";

/** A policy of what is done to an event; a snapshot is one. */
export function policyOf(showEvent: (event: Event) => Event | null): ObservationPolicy {
  const showTranscript = (transcript: Transcript): Transcript => {
    const shown = showEvent(snapshotEvent(transcript));
    if (shown === null || !isSnapshotEvent(shown)) throw new TypeError("A policy must show a snapshot as a snapshot");
    return transcriptOf(shown.data);
  };
  return {
    name: "test",
    showEvent,
    showTranscript,
    showEntries: (entries) => showTranscript({ ...emptyTranscript(), entries }).entries,
    showLine: (line) => line,
  };
}

/** Rights that a test changes. */
export class ChangingRights implements ViewerRights {
  policy: ViewerPolicy;
  readonly #listeners = new Set<() => void>();

  constructor(policy: Partial<ViewerPolicy> = {}) {
    this.policy = { observation: passThrough, mayCommand: true, ...policy };
  }

  onChange(listener: () => void, until: AbortSignal): void {
    this.#listeners.add(listener);
    until.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }

  change(policy: Partial<ViewerPolicy>): void {
    this.policy = { ...this.policy, ...policy };
    for (const listener of this.#listeners) listener();
  }

  /** How many sockets would be told of a change. */
  get listeners(): number {
    return this.#listeners.size;
  }
}

/** Routes for whoever may see and do everything, or has other rights. */
export function withRights(routes: Hono, rights: ViewerRights = FULL_RIGHTS): Hono {
  return new Hono()
    .use((context, next) => {
      context.set("rights", rights);
      return next();
    })
    .route("/", routes);
}
