/**
 * What the reference's decoders insist on and the core leaves out.
 *
 * Owns two additions on the way out: every Worker names a config bundle, and every line of a transcript names its Worker.
 */
import type { TranscriptPage, WorkerDetail } from "../../protocol/runtime-api.ts";

/** What a Worker that was made without a bundle names: no bundle can have this digest. */
export const NO_CONFIG_BUNDLE = { id: "none", digest: "0".repeat(64) } as const;

/** A Worker as the reference decodes it. */
export function workerShape(detail: WorkerDetail): WorkerDetail {
  return { ...detail, config_bundle: detail.config_bundle ?? NO_CONFIG_BUNDLE };
}

/** A page as the reference decodes it. */
export function transcriptShape(page: TranscriptPage): TranscriptPage {
  const { worker_ref } = page;
  return {
    ...page,
    items: page.items.map((item) => ({ ...item, worker_ref })),
    next_start: page.next_start ?? null,
  };
}
