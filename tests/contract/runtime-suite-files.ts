/** Names, and conversations that come in whole. A part of the Runtime's contract. */
import { describe, expect, test } from "vitest";
import { ConversationFile } from "../../protocol/conversation-file.ts";
import { Event, isSnapshotEvent } from "../../protocol/event.ts";
import { WorkerId } from "../../protocol/id.ts";
import type { WorkerDetail } from "../../protocol/runtime-api.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { conversationFile, everyEntry } from "../support/conversation-file.ts";
import { Follower } from "../support/follow.ts";
import { problemCode } from "../support/problem-code.ts";
import type { CreateSubject, RuntimeCapabilitiesUnderTest, RuntimeSubject } from "../support/runtime-subject.ts";
import { canonicalJson } from "../support/same-json.ts";
import { hang, stop, text, thinking, usage } from "../support/scripted-model.ts";

/** What an observer that comes now is told first. */
async function snapshotOf(subject: RuntimeSubject, workerId: WorkerId) {
  await using follower = new Follower(subject.runtime, workerId);
  await subject.settle();
  const event = Event.parse(JSON.parse(follower.received[0]!.payload));
  if (!isSnapshotEvent(event)) throw new TypeError(`It began with ${event.event}`);
  return event.data;
}

/** A Worker's conversation as a file has it. */
async function fileOf(subject: RuntimeSubject, workerId: WorkerId): Promise<ConversationFile> {
  const { entries } = await subject.runtime.entries(workerId, { limit: 256 });
  const { usage: used, run } = await snapshotOf(subject, workerId);
  return ConversationFile.parse({ ...conversationFile(), usage: used, run, entries });
}

const lines = async (runtime: Runtime, { worker_id }: Pick<WorkerDetail, "worker_id">) => {
  const { items, total_items } = await runtime.transcript(worker_id, { start: 0, limit: 256 });
  return { total_items, lines: items.map(({ sequence, role, content, ts }) => ({ sequence, role, content, ts })) };
};

/** `Runtime.renameWorker` and `Runtime.importWorker`. */
export function filesSuite(createSubject: CreateSubject, { restart }: RuntimeCapabilitiesUnderTest): void {
  describe("renameWorker()", () => {
    test("is seen at once in the detail, in the list and in the next snapshot, and publishes nothing", async () => {
      await using subject = await createSubject();
      const { runtime, workerId } = subject;
      await using follower = new Follower(runtime, workerId);
      await subject.settle();
      const before = await runtime.getWorker(workerId);
      const renamed = await runtime.renameWorker(workerId, "書記 ✎");
      expect(renamed).toEqual({ ...before, display_name: "書記 ✎" });
      expect(await runtime.getWorker(workerId)).toEqual(renamed);
      expect((await runtime.listWorkers()).map(({ display_name }) => display_name)).toEqual(["書記 ✎"]);
      expect((await snapshotOf(subject, workerId)).greeting.worker_name).toBe("書記 ✎");
      await subject.settle();
      expect(follower.received).toHaveLength(1);
    });

    test("holds during a run, which goes on", async () => {
      await using subject = await createSubject({ scripts: [[text("Hel"), hang]] });
      const { runtime, workerId } = subject;
      await runtime.sendInput(workerId, { content: "hi" });
      await subject.settle();
      await runtime.renameWorker(workerId, "Busy");
      expect(await runtime.getWorker(workerId)).toMatchObject({
        display_name: "Busy",
        execution: { run_state: "busy" },
      });
      await runtime.cancelRun(workerId);
      expect((await runtime.getWorker(workerId)).display_name).toBe("Busy");
    });

    test("and stopping at the same time leave the Worker renamed and stopped", async () => {
      await using subject = await createSubject();
      const { runtime, workerId } = subject;
      await Promise.all([runtime.renameWorker(workerId, "Done"), runtime.stopWorker(workerId)]);
      expect(await runtime.getWorker(workerId)).toMatchObject({ display_name: "Done", status: "stopped" });
    });

    test("of a Worker that is not there is refused", async () => {
      await using subject = await createSubject();
      const renaming = subject.runtime.renameWorker(WorkerId.parse("nobody"), "Somebody");
      expect(await problemCode(renaming)).toBe("worker_not_found");
    });

    test.runIf(restart)("outlives the process", async () => {
      const crashed = await createSubject();
      await crashed.runtime.renameWorker(crashed.workerId, "Kept");
      await using subject = await crashed.restart();
      expect((await subject.runtime.getWorker(subject.workerId)).display_name).toBe("Kept");
      expect((await snapshotOf(subject, subject.workerId)).greeting.worker_name).toBe("Kept");
    });
  });

  describe("importWorker()", () => {
    test("gives a Worker that has the conversation of the one it was taken from", async () => {
      await using subject = await createSubject({
        scripts: [
          [thinking("hm"), text("One."), usage(3, 4), stop],
          [text("Two."), usage(5, 6), stop],
        ],
      });
      const { runtime, workerId } = subject;
      for (const content of ["first", "second"]) {
        await runtime.sendInput(workerId, { content });
        await subject.settle();
      }
      const file = await fileOf(subject, workerId);
      expect(file.entries.length).toBeGreaterThan(10);
      const imported = await runtime.importWorker(file);
      expect(imported).toMatchObject({ status: "running", display_name: "Scribe", transcript_len: 4 });
      expect(imported.worker_id).not.toBe(workerId);
      expect(await runtime.getWorker(imported.worker_id)).toEqual(imported);
      expect(await lines(runtime, imported)).toEqual(await lines(runtime, { worker_id: workerId }));
      expect(canonicalJson(await fileOf(subject, imported.worker_id))).toBe(canonicalJson(file));
    });

    test("gives the model the conversation so far, and counts on from it", async () => {
      await using subject = await createSubject({ scripts: [[text("One."), usage(3, 4), stop]] });
      const { runtime, workerId, model } = subject;
      await runtime.sendInput(workerId, { content: "first" });
      await subject.settle();
      const { worker_id } = await runtime.importWorker(await fileOf(subject, workerId));
      const ack = await runtime.sendInput(worker_id, { content: "second" });
      await subject.settle();
      expect(ack.transcript_sequence).toBe(3);
      expect(model.requests.at(-1)?.messages.slice(1)).toEqual([
        { role: "user", content: "first" },
        { role: "assistant", content: "One." },
        { role: "user", content: "second" },
      ]);
      const { usage: used, entries } = await snapshotOf(subject, worker_id);
      expect(used).toMatchObject({ input_tokens: 15, llm_calls: 2 });
      expect(entries.filter(({ kind }) => kind === "turn_end")).toMatchObject([{ turn_count: 1 }, { turn_count: 2 }]);
    });

    test("keeps every kind of entry, also those that nobody knows, as they are", async () => {
      await using subject = await createSubject();
      const { runtime } = subject;
      const file = conversationFile({ entries: everyEntry });
      const { worker_id } = await runtime.importWorker(file);
      const page = await runtime.entries(worker_id, { limit: 256 });
      expect(page).toMatchObject({ entries_start: 0, entries_total: everyEntry.length, oldest_kept: 0 });
      expect(page.entries).toEqual(file.entries);
    });

    test("of a conversation in the middle of an answer ends it as interrupted", async () => {
      await using subject = await createSubject();
      const { runtime } = subject;
      const asked = { kind: "user_input", ts: 5, segments: [{ kind: "text", content: "hi" }] };
      const run = { state: "active", started_ts: 5 } as const;
      const { worker_id, execution } = await runtime.importWorker(conversationFile({ entries: [asked], run }));
      expect(execution.run_state).toBe("idle");
      const { entries, run: ended } = await snapshotOf(subject, worker_id);
      expect(entries.map(({ kind }) => kind)).toEqual(["user_input", "run_completed"]);
      expect(ended).toMatchObject({ state: "ended", result: "finished", cause: "interrupted", started_ts: 5 });
      expect(await problemCode(runtime.sendInput(worker_id, { content: "again" }))).toBe(null);
    });

    test("with a profile that is not here takes the default one", async () => {
      await using subject = await createSubject();
      const worker = { ...conversationFile().worker, profile: { kind: "named", value: "__proto__" } } as const;
      const imported = await subject.runtime.importWorker({ ...conversationFile(), worker });
      expect(imported.profile).toEqual({ kind: "runtime_default" });
    });

    test("past the limit of Workers is refused, also when several come at once", async () => {
      await using subject = await createSubject({ limits: { runtime: { maxWorkers: 2 } } });
      const { runtime } = subject;
      const importing = () => problemCode(runtime.importWorker(conversationFile()));
      const codes = await Promise.all([importing(), importing(), importing()]);
      expect(codes.toSorted()).toEqual([null, "too_many_workers", "too_many_workers"]);
      expect(await runtime.listWorkers()).toHaveLength(2);
    });

    test.runIf(restart)("outlives the process, and is there once", async () => {
      const crashed = await createSubject();
      const file = conversationFile({ entries: everyEntry });
      const imported = await crashed.runtime.importWorker(file);
      await crashed.runtime.sendInput(imported.worker_id, { content: "and now" });
      await crashed.settle();
      const before = await crashed.runtime.entries(imported.worker_id, { limit: 256 });
      await using subject = await crashed.restart();
      const after = await subject.runtime.entries(imported.worker_id, { limit: 256 });
      expect(after).toEqual(before);
      expect(after.entries.slice(0, everyEntry.length)).toEqual(file.entries);
      expect(await subject.runtime.listWorkers()).toHaveLength(2);
    });
  });
}
