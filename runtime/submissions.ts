/**
 * The messages that a Worker has acknowledged, by submission id.
 *
 * Owns the rule that one id is one message: the same content gets the first acknowledgement again, another content is
 * refused. Bounded: the oldest id is forgotten first. The store keeps what is here, in the same step as the message.
 */
import type { SubmissionId } from "../protocol/id.ts";
import { ProblemError } from "../protocol/problem.ts";
import type { WorkerInteractionAck } from "../protocol/runtime-api.ts";

interface Submission {
  readonly contentMark: string;
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
    if (submission.contentMark !== contentMark(content)) {
      throw new ProblemError(
        "submission_conflict",
        `submission_id: "${id}" was used for a message with other content.`,
      );
    }
    return submission.ack;
  }

  /** Remembers an acknowledgement from the moment in which it is sought; a refused message is forgotten again. */
  remember(id: SubmissionId, mark: string, ack: Promise<WorkerInteractionAck>): void {
    this.#kept.set(id, { contentMark: mark, ack });
    ack.catch(() => this.#kept.delete(id));
    const oldest = this.#kept.keys().next();
    if (this.#kept.size > this.#maxKept && !oldest.done) this.#kept.delete(oldest.value);
  }
}

/**
 * Tells a content from another without keeping it: its length and 53 bits of a hash (cyrb53, public domain). Against
 * mistakes, not against malice: whoever may send a message gains nothing by a second content of the same mark.
 */
export function contentMark(content: string): string {
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  for (let i = 0; i < content.length; i += 1) {
    const unit = content.charCodeAt(i);
    low = Math.imul(low ^ unit, 2_654_435_761);
    high = Math.imul(high ^ unit, 1_597_334_677);
  }
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  const hash = 4_294_967_296 * (2_097_151 & high) + (low >>> 0);
  return `${content.length}:${hash.toString(36)}`;
}
