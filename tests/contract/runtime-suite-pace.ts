/** The pace of an answer: which of its pieces are one event. A part of the Runtime's contract. */
import { describe, expect, test } from "vitest";
import { Follower } from "../support/follow.ts";
import type { CreateSubject, RuntimeSubject } from "../support/runtime-subject.ts";
import { hang, stop, text, wait, type Script } from "../support/scripted-model.ts";

const INTERVAL_MS = 40;

/** Sends a message to a Worker whose pieces are put together, and follows its log from the start. */
async function answering(
  createSubject: CreateSubject,
  script: Script,
): Promise<RuntimeSubject & { readonly follower: Follower }> {
  const subject = await createSubject({ scripts: [script], limits: { run: { deltaIntervalMs: INTERVAL_MS } } });
  const follower = new Follower(subject.runtime, subject.workerId);
  await subject.settle();
  await subject.runtime.sendInput(subject.workerId, { content: "hi" });
  await subject.settle();
  return { ...subject, follower };
}

const delta = (words: string) => ({ event: "text_delta", data: { text: words } });
const done = (words: string) => ({ event: "text_done", data: { text: words } });
const said = ({ events }: Follower) => events.filter(({ event }) => event === "text_delta" || event === "text_done");

/** Everything about the pace. */
export function paceSuite(createSubject: CreateSubject): void {
  describe("an answer whose pieces follow closely", () => {
    test("is told in fewer events, the first of them at once", async () => {
      const script = [text("He"), text("l"), text("lo "), wait(100), text("you"), text("."), stop];
      await using subject = await answering(createSubject, script);
      expect(said(subject.follower)).toEqual([delta("He")]);
      await subject.advance(INTERVAL_MS);
      expect(said(subject.follower)).toEqual([delta("He"), delta("llo ")]);
      await subject.advance(60);
      expect(said(subject.follower)).toEqual([
        delta("He"),
        delta("llo "),
        delta("you"),
        delta("."),
        done("Hello you."),
      ]);
    });

    test("keeps what had come and was still held back when it is cancelled", async () => {
      await using subject = await answering(createSubject, [text("Hel"), text("l"), text("o"), hang]);
      await subject.runtime.cancelRun(subject.workerId);
      await subject.settle();
      expect(said(subject.follower)).toEqual([delta("Hel"), delta("lo"), done("Hello")]);
      expect(subject.follower.events.at(-2)).toEqual({
        event: "run_end",
        data: { result: "finished", cause: "cancelled" },
      });
    });
  });
}
