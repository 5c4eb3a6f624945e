/** A Runtime whose Worker answers, and what is looked at of its run. */
import { Follower } from "./follow.ts";
import type { CreateSubject, RuntimeSubject, SubjectOptions } from "./runtime-subject.ts";

export const IDLE = { event: "status", data: { status: "idle" } };

/** What opens every run. */
export const START = ["invoke_start", "user_message", "status", "turn_start", "llm_call_start"];

/** Sends a message to a new subject and follows its log from the start. */
export async function answering(
  createSubject: CreateSubject,
  options: SubjectOptions,
): Promise<RuntimeSubject & { readonly follower: Follower }> {
  const subject = await createSubject(options);
  const follower = new Follower(subject.runtime, subject.workerId);
  await subject.settle();
  await subject.runtime.sendInput(subject.workerId, { content: "hi" });
  await subject.settle();
  return { ...subject, follower };
}

/** The last events, without those that open the run. */
export const tail = ({ events }: Follower, count: number) => events.slice(-count);

/** The run as the transcript sees it, and what was kept of the answer. */
export const outcome = ({ transcript }: Follower) => ({
  run: transcript.run.state === "ended" ? transcript.run.result : transcript.run.state,
  cause: transcript.run.state === "ended" ? (transcript.run.cause ?? null) : null,
  status: transcript.status,
  inFlight: transcript.in_flight.blocks.length,
  texts: transcript.entries.flatMap((entry) =>
    entry.kind === "assistant_item" ? [JSON.stringify(entry["item"])] : [],
  ),
});

/** A message of the model's, as it is kept. */
export const message = (value: string) =>
  JSON.stringify({ kind: "message", role: "assistant", content: [{ kind: "text", text: value }] });
