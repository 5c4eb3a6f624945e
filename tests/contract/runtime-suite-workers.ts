/** Runtimes: what they tell of themselves, and their catalogue of Workers. A part of the Runtime's contract. */
import { describe, expect, test } from "vitest";
import { WorkerId } from "../../protocol/id.ts";
import { RuntimeDetail, WorkerDetail } from "../../protocol/runtime-api.ts";
import { hang } from "../support/scripted-model.ts";
import { problemCode } from "../support/problem-code.ts";
import type { CreateSubject, RuntimeCapabilitiesUnderTest } from "../support/runtime-subject.ts";
import { readLog } from "../support/follow.ts";

const STANDARD = { kind: "runtime_default" } as const;
const NOBODY = WorkerId.parse("nobody");

/** Summary, capabilities, list, get and create. */
export function workersSuite(createSubject: CreateSubject, { inProcess }: RuntimeCapabilitiesUnderTest): void {
  describe("summary", () => {
    test("detail() counts the Workers by how they are", async () => {
      await using subject = await createSubject({ limits: { runtime: { maxWorkers: 7 } } });
      const { runtime } = subject;
      const other = await runtime.createWorker({ profile: STANDARD });
      await runtime.stopWorker(other.worker_id);
      const detail = await runtime.detail();
      expect(RuntimeDetail.parse(detail)).toMatchObject({
        runtime_id: runtime.runtimeId,
        display_name: "Embedded",
        status: "running",
        worker_count: 2,
        active_worker_count: 1,
        stopped_worker_count: 1,
        cancelled_worker_count: 0,
        diagnostic_count: 0,
        limits: { max_transcript_projection_items: 256, max_event_batch_items: 256 },
        worker_creation_available: true,
      });
      expect(await runtime.diagnostics()).toEqual([]);
      expect(await runtime.capabilities()).toEqual({
        createWorker: true,
        stopWorker: true,
        sendInput: true,
        maxWorkers: 7,
      });
    });
  });

  describe("catalogue", () => {
    test("createWorker() makes an idle Worker without a conversation", async () => {
      await using subject = await createSubject();
      const { runtime } = subject;
      const worker = await runtime.createWorker({ profile: STANDARD, displayName: "Scribe" });
      const { config_bundle: _launchedWith, ...detail } = WorkerDetail.parse(worker);
      expect(detail).toEqual({
        worker_ref: { runtime_id: runtime.runtimeId, worker_id: worker.worker_id },
        runtime_id: runtime.runtimeId,
        worker_id: worker.worker_id,
        status: "running",
        execution: {
          backend: "connected",
          run_state: "idle",
          binding: { backend_id: "workspace" },
          last_result: { operation: "spawn", outcome: "accepted", run_state: "idle" },
        },
        profile: STANDARD,
        transcript_len: 0,
        last_event_id: 0,
        display_name: "Scribe",
        model: "scripted",
      });
      expect(await runtime.getWorker(worker.worker_id)).toEqual(worker);
    });

    test("createWorker() without a name takes its profile's", async () => {
      await using subject = await createSubject();
      const worker = await subject.runtime.createWorker({ profile: STANDARD });
      expect(worker.display_name).toBe("Scripted");
    });

    test("createWorker() accepts a builtin profile with and without its prefix, once", async () => {
      await using subject = await createSubject();
      for (const value of ["companion", "builtin:companion"]) {
        const worker = await subject.runtime.createWorker({ profile: { kind: "builtin", value } });
        expect(worker.status).toBe("running");
      }
    });

    test("two Workers of one name are two Workers", async () => {
      await using subject = await createSubject();
      const [a, b] = await Promise.all([
        subject.runtime.createWorker({ profile: STANDARD, displayName: "Twin" }),
        subject.runtime.createWorker({ profile: STANDARD, displayName: "Twin" }),
      ]);
      expect(a.worker_id).not.toBe(b.worker_id);
    });

    test("createWorker() with a profile that is not there makes nothing", async () => {
      await using subject = await createSubject();
      const { runtime } = subject;
      const before = await runtime.listWorkers();
      const profiles = [
        { kind: "named", value: "__proto__" },
        ...(inProcess ? [{ kind: "builtin", value: "coder" } as const] : []),
      ] as const;
      for (const profile of profiles) {
        const code = await problemCode(runtime.createWorker({ profile }));
        expect(code).toBe(inProcess ? "invalid_request" : "runtime_rejected");
      }
      expect(await runtime.listWorkers()).toEqual(before);
    });

    test("createWorker() past the limit is refused, also when several ask at once", async () => {
      await using subject = await createSubject({ limits: { runtime: { maxWorkers: 3 } } });
      const { runtime } = subject;
      const create = () => problemCode(runtime.createWorker({ profile: STANDARD }));
      expect((await Promise.all([create(), create(), create(), create()])).toSorted()).toEqual([
        null,
        null,
        "too_many_workers",
        "too_many_workers",
      ]);
      expect(await runtime.listWorkers()).toHaveLength(3);
    });

    test("createWorker() with a first message starts its run", async () => {
      await using subject = await createSubject();
      const { runtime, model } = subject;
      const worker = await runtime.createWorker({ profile: STANDARD, initialInput: { content: "begin" } });
      await subject.settle();
      expect(worker.transcript_len).toBe(1);
      expect(model.requests.map(({ messages }) => messages.at(-1))).toEqual([{ role: "user", content: "begin" }]);
      expect((await readLog(subject, worker.worker_id)).length).toBeGreaterThan(3);
    });

    test("createWorker() whose first message is refused leaves no Worker behind", async () => {
      await using subject = await createSubject();
      const { runtime } = subject;
      const before = await runtime.listWorkers();
      const call = runtime.createWorker({ profile: STANDARD, initialInput: { content: " \n" } });
      expect(await problemCode(call)).toBe("input_empty");
      expect(await runtime.listWorkers()).toEqual(before);
    });

    test("listWorkers() is sorted by id", async () => {
      await using subject = await createSubject();
      const { runtime } = subject;
      for (let index = 0; index < 12; index += 1) await runtime.createWorker({ profile: STANDARD });
      const ids = (await runtime.listWorkers()).map((worker) => worker.worker_id);
      expect(ids).toHaveLength(13);
      expect(ids).toEqual(ids.toSorted());
    });

    test("a Worker that is not there is told apart from everything else", async () => {
      await using subject = await createSubject();
      const { runtime } = subject;
      const signal = AbortSignal.timeout(10_000);
      const calls = [
        () => runtime.getWorker(NOBODY),
        () => runtime.sendInput(NOBODY, { content: "hi" }),
        () => runtime.stopWorker(NOBODY),
        () => runtime.cancelRun(NOBODY),
        () => runtime.transcript(NOBODY, { start: 0, limit: 1 }),
        () => runtime.entries(NOBODY, { limit: 1 }),
        () => runtime.observe(NOBODY, { signal })[Symbol.asyncIterator]().next(),
      ];
      expect(await Promise.all(calls.map(problemCode))).toEqual(calls.map(() => "worker_not_found"));
    });

    test("observe() fails on its first step, not when it is called", async () => {
      await using subject = await createSubject();
      const observation = subject.runtime.observe(NOBODY, { signal: AbortSignal.timeout(10_000) });
      expect(await problemCode(observation[Symbol.asyncIterator]().next())).toBe("worker_not_found");
    });

    test("detail and state follow the run: busy, then idle", async () => {
      await using subject = await createSubject({ scripts: [[hang]] });
      const { runtime, workerId } = subject;
      await runtime.sendInput(workerId, { content: "hi" });
      expect((await runtime.getWorker(workerId)).execution).toMatchObject({
        run_state: "busy",
        last_result: { operation: "input", outcome: "accepted", run_state: "busy" },
      });
      await runtime.cancelRun(workerId);
      expect((await runtime.getWorker(workerId)).execution).toMatchObject({
        run_state: "idle",
        last_result: { operation: "cancel", outcome: "accepted", run_state: "idle" },
      });
    });
  });
}
