/**
 * The messages that a Worker has acknowledged, by submission id.
 *
 * Owns the rule that one id is one message: the same content gets the first acknowledgement again, another content is
 * refused. Bounded: the oldest id is forgotten first.
 */
import type { SubmissionId } from "../protocol/id.ts";
import { ProblemError } from "../protocol/problem.ts";
import type { WorkerInteractionAck } from "../protocol/runtime-api.ts";

interface Submission {
  readonly content: string;
  readonly ack: Promise<WorkerInteractionAck>;
}

/** Remembers acknowledgements. */
export class Submissions {
  readonly #kept = new Map<SubmissionId, Submission>();
  readonly #maxKept: number;

  constructor(maxKept: number) {
    this.#maxKept = maxKept;
  }

  /**
   * The acknowledgement of an earlier message of this id, or null where there was none.
   *
   * @throws ProblemError submission_conflict where that message had another content
   */
  find(id: SubmissionId, content: string): Promise<WorkerInteractionAck> | null {
    const submission = this.#kept.get(id);
    if (!submission) return null;
    if (submission.content !== content) {
      throw new ProblemError(
        "submission_conflict",
        `submission_id: "${id}" was used for a message with other content.`,
      );
    }
    return submission.ack;
  }

  /** Remembers an acknowledgement from the moment in which it is sought; a refused message is forgotten again. */
  remember(id: SubmissionId, content: string, ack: Promise<WorkerInteractionAck>): void {
    this.#kept.set(id, { content, ack });
    ack.catch(() => this.#kept.delete(id));
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > this.#maxKept && !oldest.done) this.#kept.delete(oldest.value);
  }
}
