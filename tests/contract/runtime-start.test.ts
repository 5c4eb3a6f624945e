/** A Runtime over a store that refuses something at its start, or while a Worker is made. */
import { expect, test } from "vitest";
import { WorkerId } from "../../protocol/id.ts";
import type { RuntimeStore } from "../../runtime/store/store.ts";
import { conversationFile } from "../support/conversation-file.ts";
import { createFailingStore } from "../support/failing-store.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openRuntimeFixture } from "../support/runtime-fixture.ts";
import { storedWorkers } from "../support/stored-workers.ts";

const ARRIVING = WorkerId.parse("worker-00000001");
const CREATION = { profile: { kind: "runtime_default" } } as const;

test("A Runtime starts although the store will not forget a conversation that came in by half; its id stays taken", async () => {
  const store = createFailingStore();
  const before = await openRuntimeFixture({ store });
  await before.runtime.createWorker(CREATION);
  const [made] = await storedWorkers(store);
  await store.putWorker({ ...made!.record, workerId: ARRIVING, isPartial: true });
  store.fail("removeWorker", 1);
  await using after = await openRuntimeFixture({ store, seed: 2 });
  expect(await after.runtime.listWorkers()).toEqual([]);
  expect(await after.runtime.diagnostics()).toEqual([
    { code: "store_failed", severity: "error", message: `The store failed to keep up with Worker "${ARRIVING}".` },
  ]);
  expect((await after.runtime.createWorker(CREATION)).worker_id).toBe("worker-00000002");
  await using last = await openRuntimeFixture({ store, seed: 3 });
  expect((await last.runtime.listWorkers()).map(({ worker_id }) => worker_id)).toEqual(["worker-00000002"]);
  expect((await storedWorkers(store)).map(({ record }) => record.workerId)).toEqual(["worker-00000002"]);
});

test("A Runtime that can't start leaves no timer behind", async () => {
  const clock = new ManualClock();
  const store = { ...createFailingStore(), loadConfigBundles: () => Promise.reject(new Error("The disk is gone")) };
  await expect(openRuntimeFixture({ store, clock })).rejects.toThrow("The disk is gone");
  expect(clock.waiting).toBe(0);
});

test("A Worker whose first message the store refuses says so, whatever becomes of its removal", async () => {
  const store = createFailingStore();
  await using subject = await openRuntimeFixture({ store });
  store.fail("append", 1);
  store.fail("removeWorker", 1);
  const initialInput = { kind: "user", content: "hi" } as const;
  await expect(subject.runtime.createWorker({ ...CREATION, initialInput })).rejects.toThrow("The disk is full");
  expect(await subject.runtime.listWorkers()).toEqual([]);
  expect((await subject.runtime.diagnostics()).map(({ code }) => code)).toEqual(["store_failed"]);
});

test("A conversation that was kept whole while the Runtime was closed has been brought in, and is said to be", async () => {
  const store = createFailingStore();
  const closing: RuntimeStore = {
    ...store,
    async putWorker(record) {
      if (!record.isPartial) {
        void subject.runtime[Symbol.asyncDispose]();
        store.fail("removeWorker", 1);
      }
      await store.putWorker(record);
    },
  };
  const subject = await openRuntimeFixture({ store: closing });
  const brought = await subject.runtime.importWorker(conversationFile());
  await using after = await openRuntimeFixture({ store, seed: 2 });
  expect((await after.runtime.listWorkers()).map(({ worker_id }) => worker_id)).toEqual([brought.worker_id]);
});
