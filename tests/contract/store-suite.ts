/** What every store must do. Called with each store there is. */
import { describe, expect, test } from "vitest";
import { RuntimeId } from "../../protocol/id.ts";
import type { RuntimeStore } from "../../runtime/store/store.ts";
import { problemCode } from "../support/problem-code.ts";
import {
  A,
  B,
  bundle,
  checkpoint,
  entries,
  entry,
  event,
  events,
  loadAll,
  loadOnly,
  record,
  stored,
  submission,
} from "../support/store-records.ts";

/** The contract of `RuntimeStore`. Each test gets a store with nothing in it. */
export function storeSuite(name: string, createStore: () => Promise<RuntimeStore>): void {
  /** A store with one Worker. */
  const storeWithA = async (): Promise<RuntimeStore> => {
    const store = await createStore();
    await store.putWorker(record(A));
    return store;
  };

  describe(`${name}, as a RuntimeStore`, () => {
    test("is empty when it is new", async () => {
      await using store = await createStore();
      expect(await loadAll(store)).toEqual([]);
      expect(await store.loadRuntime()).toBe(null);
      expect(await store.loadConfigBundles()).toEqual([]);
      expect(store.diagnostics()).toEqual([]);
    });

    test("loadRuntime() gives what was put last", async () => {
      await using store = await createStore();
      const [one, other] = ["lab:one", "lab:two"].map((id) => ({ runtimeId: RuntimeId.parse(id), createdTs: 7 }));
      await store.putRuntime(one!);
      expect(await store.loadRuntime()).toEqual(one);
      await store.putRuntime(other!);
      expect(await store.loadRuntime()).toEqual(other);
    });

    test("loadConfigBundles() gives what was put, the newest of each id, sorted by id", async () => {
      await using store = await createStore();
      for (const one of [bundle("b", "r1"), bundle("a:1", "r1 名前"), bundle("b", "r2")])
        await store.putConfigBundle(one);
      expect(await store.loadConfigBundles()).toEqual([bundle("a:1", "r1 名前"), bundle("b", "r2")]);
      await store.putWorker(record(A, { configBundle: { id: "b", digest: "f".repeat(64) } }));
      await store.removeWorker(A);
      expect((await store.loadConfigBundles()).length).toBe(2);
    });

    test("load() gives what was put, sorted by id", async () => {
      await using store = await createStore();
      const changes = {
        displayName: "B",
        profile: { kind: "runtime_default" },
        formerEpochs: [{ epoch: "00000001", end: 7 }],
      } as const;
      const configBundle = { id: "demo-bundle", digest: "a".repeat(64) };
      await store.putWorker(record(B, changes));
      await store.putWorker(record(A, { configBundle }));
      await store.append(A, events(1, 3));
      expect(await loadAll(store)).toEqual([
        stored(A, { record: record(A, { configBundle }), events: events(1, 3), head: 3 }),
        stored(B, { record: record(B, changes) }),
      ]);
    });

    test("putWorker() again replaces the record and keeps what the Worker has", async () => {
      await using store = await storeWithA();
      await store.append(A, events(1, 2), { submission: submission(1) });
      await store.checkpoint(A, checkpoint(2, { entries: entries(0, 1) }));
      const before = await loadOnly(store);
      await store.putWorker(record(A, { lifecycle: "stopped" }));
      expect(await loadOnly(store)).toEqual({ ...before, record: record(A, { lifecycle: "stopped" }) });
    });

    test("append() keeps the order and every character", async () => {
      await using store = await storeWithA();
      const texts = ["", "\u0000", "こんにちは 👩‍👩‍👧", "\u2028</script>", '\\"', "\ud800", "x".repeat(100_000)];
      const records = texts.map((text, index) => event(index + 1, text));
      for (const one of records) await store.append(A, [one]);
      expect((await loadOnly(store)).events).toEqual(records);
    });

    test("append() keeps the events, the record and the submission together", async () => {
      await using store = await storeWithA();
      const renewed = record(A, { epoch: "00000002", formerEpochs: [{ epoch: "3f9a01c2", end: 0 }] });
      await store.append(A, events(1, 2), { record: renewed, submission: submission(1) });
      await store.append(A, events(3, 3), { submission: submission(2) });
      const submissions = [submission(1), submission(2)];
      expect(await loadOnly(store)).toEqual(stored(A, { record: renewed, events: events(1, 3), submissions, head: 3 }));
    });

    test("append() without events keeps what comes with them, and no event", async () => {
      await using store = await storeWithA();
      await store.append(A, []);
      await store.append(A, [], { submission: submission(1) });
      await store.append(A, events(1, 1));
      expect(await loadOnly(store)).toEqual(stored(A, { events: events(1, 1), submissions: [submission(1)], head: 1 }));
    });

    test("append() keeps each Worker's events apart, with positions of their own", async () => {
      await using store = await storeWithA();
      await store.putWorker(record(B));
      await Promise.all([store.append(A, events(1, 2)), store.append(B, events(1, 1))]);
      await Promise.all([store.append(A, events(3, 3)), store.append(B, events(2, 4))]);
      expect(await loadAll(store)).toEqual([
        stored(A, { events: events(1, 3), head: 3 }),
        stored(B, { events: events(1, 4), head: 4 }),
      ]);
    });

    test("appends that are not waited for are kept in their order", async () => {
      await using store = await storeWithA();
      await Promise.all(events(1, 200).map((one) => store.append(A, [one])));
      expect((await loadOnly(store)).events).toEqual(events(1, 200));
    });

    test("append() to a Worker that is not there is refused", async () => {
      await using store = await createStore();
      expect(await problemCode(store.append(A, events(1, 1)))).toBe("worker_not_found");
      expect(await loadAll(store)).toEqual([]);
    });

    test.each([
      ["a gap", [event(4)]],
      ["a repetition", [event(2)]],
      ["a position before the first", [event(0)]],
      ["a gap inside", [event(3), event(5)]],
      ["a repetition inside", [event(3), event(3)]],
    ])("append() with %s is refused, and keeps none of it", async (_case, records) => {
      await using store = await storeWithA();
      await store.append(A, events(1, 2));
      const extras = { record: record(A, { lifecycle: "stopped" }), submission: submission(1) };
      await expect(store.append(A, records, extras)).rejects.toThrow(RangeError);
      expect(await loadOnly(store)).toEqual(stored(A, { events: events(1, 2), head: 2 }));
      await store.append(A, events(3, 4));
      expect((await loadOnly(store)).events).toEqual(events(1, 4));
    });

    test("operations that are refused don't keep those beside them from being done", async () => {
      await using store = await storeWithA();
      const outcomes = await Promise.allSettled([
        store.append(A, events(1, 1)),
        store.append(B, events(1, 1)),
        store.append(A, events(9, 9)),
        store.checkpoint(A, checkpoint(9)),
        store.append(A, events(2, 2)),
        store.putWorker(record(B)),
        store.append(B, events(1, 2)),
      ]);
      const done = ["fulfilled", "rejected", "rejected", "rejected", "fulfilled", "fulfilled", "fulfilled"];
      expect(outcomes.map(({ status }) => status)).toEqual(done);
      expect(await loadAll(store)).toEqual([
        stored(A, { events: events(1, 2), head: 2 }),
        stored(B, { events: events(1, 2), head: 2 }),
      ]);
    });

    test("checkpoint() keeps state and entries; a later one replaces the state and adds its entries", async () => {
      await using store = await storeWithA();
      await store.append(A, events(1, 5));
      await store.checkpoint(A, checkpoint(3, { entries: entries(0, 1), state: '{"text":"名前\\u0000"}' }));
      await store.checkpoint(A, checkpoint(5, { entries: entries(2, 2) }));
      const kept = { position: 5, state: '{"at":5}' };
      expect(await loadOnly(store)).toEqual(
        stored(A, { checkpoint: kept, entries: entries(0, 2), events: events(1, 5), head: 5 }),
      );
    });

    test("checkpoint() forgets old events, pieces, entries and submissions, and nothing else", async () => {
      await using store = await storeWithA();
      await store.putWorker(record(B));
      for (const number of [1, 2, 3, 4]) {
        await store.append(A, [event(number)], { submission: submission(number) });
        await store.append(B, [event(number)], { submission: submission(number) });
      }
      await store.append(A, events(5, 9));
      await store.checkpoint(A, checkpoint(4, { entries: entries(0, 3) }));
      const forget = { oldestEntry: 2, oldestPosition: 3, compacted: [6, 7], maxSubmissions: 2 };
      await store.checkpoint(A, checkpoint(5, { entries: entries(4, 4), ...forget }));
      const [kept, other] = await loadAll(store);
      expect(kept).toEqual(
        stored(A, {
          checkpoint: { position: 5, state: '{"at":5}' },
          entries: entries(2, 4),
          events: [...events(3, 5), ...events(8, 9)],
          submissions: [submission(3), submission(4)],
          head: 9,
        }),
      );
      expect(other).toEqual(stored(B, { events: events(1, 4), submissions: [1, 2, 3, 4].map(submission), head: 4 }));
    });

    test("checkpoint() may forget entries that it brings", async () => {
      await using store = await storeWithA();
      await store.append(A, events(1, 1));
      await store.checkpoint(A, checkpoint(1, { entries: entries(0, 4), oldestEntry: 3 }));
      expect((await loadOnly(store)).entries).toEqual(entries(3, 4));
    });

    test("after a checkpoint that forgets everything, positions and indices go on", async () => {
      await using store = await storeWithA();
      await store.append(A, events(1, 3), { submission: submission(1) });
      const nothing = { oldestEntry: 3, oldestPosition: 4, maxSubmissions: 0 };
      await store.checkpoint(A, checkpoint(3, { entries: entries(0, 2), ...nothing }));
      const kept = { position: 3, state: '{"at":3}' };
      expect(await loadOnly(store)).toEqual(stored(A, { checkpoint: kept, head: 3 }));
      await expect(store.append(A, events(1, 1))).rejects.toThrow(RangeError);
      await expect(store.checkpoint(A, checkpoint(3, { entries: entries(0, 0) }))).rejects.toThrow(RangeError);
      await store.append(A, events(4, 4));
      await store.checkpoint(A, checkpoint(4, { entries: entries(3, 3), oldestPosition: 4, oldestEntry: 3 }));
      expect(await loadOnly(store)).toMatchObject({ events: events(4, 4), entries: entries(3, 3), head: 4 });
    });

    test.each([
      ["past the head", checkpoint(6)],
      ["before the one before", checkpoint(2)],
      ["that forgets past itself", checkpoint(4, { oldestPosition: 6 })],
      ["whose entries leave a gap", checkpoint(4, { entries: [entry(3)] })],
      ["whose entries repeat one", checkpoint(4, { entries: [entry(1)] })],
    ])("checkpoint() %s is refused, and changes nothing", async (_case, refused) => {
      await using store = await storeWithA();
      await store.append(A, events(1, 5));
      await store.checkpoint(A, checkpoint(3, { entries: entries(0, 1) }));
      const before = await loadOnly(store);
      await expect(store.checkpoint(A, { ...refused, compacted: [1, 2] })).rejects.toThrow(RangeError);
      expect(await loadOnly(store)).toEqual(before);
    });

    test("checkpoint() of a Worker that is not there is refused", async () => {
      await using store = await createStore();
      expect(await problemCode(store.checkpoint(A, checkpoint(0)))).toBe("worker_not_found");
    });

    test("removeWorker() forgets the Worker and all that is kept of it, and leaves the others", async () => {
      await using store = await storeWithA();
      await store.putWorker(record(B));
      for (const worker of [A, B]) {
        await store.append(worker, events(1, 2), { submission: submission(1) });
        await store.checkpoint(worker, checkpoint(2, { entries: entries(0, 1) }));
      }
      const [, other] = await loadAll(store);
      await store.removeWorker(A);
      await store.removeWorker(A);
      expect(await loadAll(store)).toEqual([other]);
      await store.putWorker(record(A, { epoch: "00000002" }));
      await store.append(A, events(1, 1));
      const again = stored(A, { record: record(A, { epoch: "00000002" }), events: events(1, 1), head: 1 });
      expect(await loadAll(store)).toEqual([again, other]);
    });

    test("what load() gave does not change afterwards", async () => {
      await using store = await storeWithA();
      await store.append(A, events(1, 1));
      const loaded = await loadAll(store);
      await store.append(A, events(2, 2));
      await store.checkpoint(A, checkpoint(2, { entries: entries(0, 0), oldestPosition: 2 }));
      await store.putWorker(record(A, { lifecycle: "stopped" }));
      expect(loaded).toEqual([stored(A, { events: events(1, 1), head: 1 })]);
    });

    test("load() may be left half-way", async () => {
      await using store = await storeWithA();
      await store.putWorker(record(B));
      const seen = [];
      for await (const worker of store.load()) {
        seen.push(worker.kind);
        break;
      }
      expect(seen).toEqual(["worker"]);
      expect((await loadAll(store)).length).toBe(2);
    });
  });
}
