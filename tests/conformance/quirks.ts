/**
 * The habits of the reference's Runtime that differ from ours.
 *
 * Owns their names and words. A check that meets one says `differs`, never `fails`; whatever is not listed here is judged.
 */
const QUIRKS = {
  bundle_required: "a Worker is made with a config bundle only",
  busy_is_rejected: "a busy Worker is `worker_execution_rejected`, told apart by its last result",
  cancel_is_final: "a cancel ends the Worker, not only its run",
  cancel_refused: "a cancel without a run is refused",
  late_user_message: "the person's message comes after the run has begun",
  no_close_frame: "the connection is dropped after a diagnostic, without a Close",
  no_creation_flag: "the summary does not say whether Workers can be made",
  no_entries_route: "there is no route for log entries",
  no_heartbeat: "no heartbeat comes when asked for",
  no_invoke_start: "the stream does not say what began a run",
  no_submission_ids: "a submission id is ignored",
  no_system_refusal: "input of the kind `system` is taken",
  other_upgrade_refusal: "a request for the socket without an upgrade is refused by the framework",
  plain_too_large: "a body that is too large is refused by the framework",
  snapshot_before_diagnostic: "a snapshot comes before the diagnostic about the cursor",
  snapshot_on_resume: "a snapshot comes also when an observer resumes",
  stub_snapshot: "the snapshot says nothing of the Worker",
} as const;

/** A habit, e.g. `stub_snapshot`. */
export type QuirkName = keyof typeof QUIRKS;

/** The habit in words. */
export function quirkText(name: QuirkName): string {
  return QUIRKS[name];
}
