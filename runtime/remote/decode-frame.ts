/**
 * A Runtime's frame, decoded.
 *
 * Owns the step from text to what an observer does with it. An event that this side does not know passes; a frame or a
 * known event of a wrong shape is a problem.
 */
import { Event, isSnapshotEvent, type SnapshotEvent } from "../../protocol/event.ts";
import { RuntimeFrame } from "../../protocol/frame.ts";
import type { WorkerId } from "../../protocol/id.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { parseJson } from "../parse-json.ts";
import type { ObservedEvent } from "../runtime.ts";
import { payloadText } from "./payload-text.ts";
import { diagnosticProblem, malformedFrame } from "./stream-end.ts";

/** What a frame says. */
export type DecodedFrame =
  | { readonly kind: "snapshot"; readonly observed: ObservedEvent; readonly event: SnapshotEvent }
  | { readonly kind: "event"; readonly observed: ObservedEvent; readonly event: Event }
  | { readonly kind: "heartbeat" };

/** Whose stream it is. */
export interface FrameContext {
  readonly workerId: WorkerId;
  /** Names the Runtime in problems. */
  readonly label: string;
  /** When an event came whose Runtime does not say when it was published. */
  readonly now: () => number;
}

/** @throws ProblemError malformed_frame, runtime_wrong_identity, or what the Runtime's diagnostic names */
export function decodeFrame(text: string, { workerId, label, now }: FrameContext): DecodedFrame {
  const frame = RuntimeFrame.safeParse(parseJson(text));
  if (!frame.success) throw malformedFrame(label);
  if (frame.data.kind === "diagnostic") throw diagnosticProblem(frame.data.diagnostic, label);
  if (frame.data.kind !== "event") return { kind: "heartbeat" };
  const { cursor, ts, worker_id, payload } = frame.data.envelope;
  if (worker_id !== workerId) {
    throw new ProblemError("runtime_wrong_identity", `${label} sent another Worker's event.`);
  }
  const event = Event.safeParse(payload);
  const payloadJson = payloadText(text, ["envelope", "payload"]);
  if (!event.success || payloadJson === null) throw malformedFrame(label);
  const observed: ObservedEvent = { cursor, ts: ts ?? now(), payload: payloadJson };
  return isSnapshotEvent(event.data)
    ? { kind: "snapshot", observed, event: event.data }
    : { kind: "event", observed, event: event.data };
}
