/** What every store must do. Called with each store there is. */
import { describe, expect, test } from "vitest";
import type { ConfigBundle } from "../../protocol/config-bundle.ts";
import { WorkerId } from "../../protocol/id.ts";
import type { EventRecord, RuntimeStore, WorkerRecord } from "../../runtime/store/store.ts";
import { problemCode } from "../support/problem-code.ts";

const A = WorkerId.parse("worker-a");
const B = WorkerId.parse("worker-b");

const record = (workerId: WorkerId, changes: Partial<WorkerRecord> = {}): WorkerRecord => ({
  workerId,
  displayName: 'A 名前 "quoted"',
  profile: { kind: "builtin", value: "builtin:companion" },
  lifecycle: "running",
  epoch: "3f9a01c2",
  createdTs: 1_782_700_000_000,
  ...changes,
});

const event = (position: number, text = `text ${position}`): EventRecord => ({
  position,
  ts: 1_782_700_000_000 + position,
  payload: JSON.stringify({ event: "text_delta", data: { text } }),
});

const events = (from: number, to: number): EventRecord[] =>
  Array.from({ length: to - from + 1 }, (_, index) => event(from + index));

const bundle = (id: string, revision: string): ConfigBundle => ({
  metadata: {
    id,
    digest: "0".repeat(64),
    revision,
    workspace_id: "ws",
    created_at: "whenever",
    provenance: { source: "test", detail: "unit" },
  },
  profiles: [{ selector: { kind: "builtin", value: "builtin:coder" }, label: "Coder" }],
});

/** The contract of `RuntimeStore`. Each test gets a store with nothing in it. */
export function storeSuite(name: string, createStore: () => Promise<RuntimeStore>): void {
  describe(`${name}, as a RuntimeStore`, () => {
    test("load() of an empty store gives nothing", async () => {
      await using store = await createStore();
      expect(await store.load()).toEqual([]);
    });

    test("loadConfigBundles() gives what was put, the newest of each id, sorted by id", async () => {
      await using store = await createStore();
      expect(await store.loadConfigBundles()).toEqual([]);
      for (const one of [bundle("b", "r1"), bundle("a:1", "r1 名前"), bundle("b", "r2")])
        await store.putConfigBundle(one);
      expect(await store.loadConfigBundles()).toEqual([bundle("a:1", "r1 名前"), bundle("b", "r2")]);
      await store.putWorker(record(A, { configBundle: { id: "b", digest: "f".repeat(64) } }));
      await store.removeWorker(A);
      expect((await store.loadConfigBundles()).length).toBe(2);
    });

    test("load() gives what was put, sorted by id", async () => {
      await using store = await createStore();
      const configBundle = { id: "demo-bundle", digest: "a".repeat(64) };
      await store.putWorker(record(B, { displayName: "B", profile: { kind: "runtime_default" } }));
      await store.putWorker(record(A, { configBundle }));
      await store.append(A, events(1, 3));
      expect(await store.load()).toEqual([
        { record: record(A, { configBundle }), events: events(1, 3) },
        { record: record(B, { displayName: "B", profile: { kind: "runtime_default" } }), events: [] },
      ]);
    });

    test("putWorker() again replaces the record and keeps the events", async () => {
      await using store = await createStore();
      await store.putWorker(record(A));
      await store.append(A, events(1, 2));
      await store.putWorker(record(A, { lifecycle: "stopped" }));
      expect(await store.load()).toEqual([{ record: record(A, { lifecycle: "stopped" }), events: events(1, 2) }]);
    });

    test("append() keeps the order and every character", async () => {
      await using store = await createStore();
      const texts = ["", "\u0000", "こんにちは 👩‍👩‍👧", "\u2028</script>", '\\"', "x".repeat(100_000)];
      const records = texts.map((text, index) => event(index + 1, text));
      await store.putWorker(record(A));
      for (const one of records) await store.append(A, [one]);
      expect((await store.load())[0]?.events).toEqual(records);
    });

    test("append() without events changes nothing", async () => {
      await using store = await createStore();
      await store.putWorker(record(A));
      await store.append(A, []);
      await store.append(A, events(1, 1));
      expect((await store.load())[0]?.events).toEqual(events(1, 1));
    });

    test("append() keeps each Worker's events apart, with positions of their own", async () => {
      await using store = await createStore();
      await store.putWorker(record(A));
      await store.putWorker(record(B));
      await Promise.all([store.append(A, events(1, 2)), store.append(B, events(1, 1))]);
      await Promise.all([store.append(A, events(3, 3)), store.append(B, events(2, 4))]);
      expect((await store.load()).map((kept) => kept.events)).toEqual([events(1, 3), events(1, 4)]);
    });

    test("append() to a Worker that is not there is refused", async () => {
      await using store = await createStore();
      expect(await problemCode(store.append(A, events(1, 1)))).toBe("worker_not_found");
      expect(await store.load()).toEqual([]);
    });

    test.each([
      ["a gap", [event(4)]],
      ["a repetition", [event(2)]],
      ["a position before the first", [event(0)]],
      ["a gap inside", [event(3), event(5)]],
      ["a repetition inside", [event(3), event(3)]],
    ])("append() with %s is refused, and keeps none of it", async (_case, records) => {
      await using store = await createStore();
      await store.putWorker(record(A));
      await store.append(A, events(1, 2));
      await expect(store.append(A, records)).rejects.toThrow(RangeError);
      expect((await store.load())[0]?.events).toEqual(events(1, 2));
      await store.append(A, events(3, 4));
      expect((await store.load())[0]?.events).toEqual(events(1, 4));
    });

    test("trim() forgets what is before a position, and appending goes on after the newest", async () => {
      await using store = await createStore();
      await store.putWorker(record(A));
      await store.append(A, events(1, 5));
      await store.trim(A, 4);
      expect((await store.load())[0]?.events).toEqual(events(4, 5));
      await store.trim(A, 2);
      expect((await store.load())[0]?.events).toEqual(events(4, 5));
      await store.append(A, events(6, 6));
      expect((await store.load())[0]?.events).toEqual(events(4, 6));
    });

    test("trim() of everything keeps the position that comes next", async () => {
      await using store = await createStore();
      await store.putWorker(record(A));
      await store.append(A, events(1, 3));
      await store.trim(A, 4);
      expect((await store.load())[0]?.events).toEqual([]);
      await expect(store.append(A, events(1, 1))).rejects.toThrow(RangeError);
      await store.append(A, events(4, 4));
      expect((await store.load())[0]?.events).toEqual(events(4, 4));
    });

    test("trim() of a Worker that is not there is refused", async () => {
      await using store = await createStore();
      expect(await problemCode(store.trim(A, 1))).toBe("worker_not_found");
    });

    test("removeWorker() forgets the Worker and its events, and leaves the others", async () => {
      await using store = await createStore();
      await store.putWorker(record(A));
      await store.putWorker(record(B));
      await store.append(A, events(1, 2));
      await store.append(B, events(1, 2));
      await store.removeWorker(A);
      await store.removeWorker(A);
      expect((await store.load()).map((kept) => kept.record.workerId)).toEqual([B]);
      await store.putWorker(record(A, { epoch: "00000002" }));
      await store.append(A, events(1, 1));
      expect((await store.load())[0]).toEqual({ record: record(A, { epoch: "00000002" }), events: events(1, 1) });
    });

    test("what load() gave does not change afterwards", async () => {
      await using store = await createStore();
      await store.putWorker(record(A));
      await store.append(A, events(1, 1));
      const loaded = await store.load();
      await store.append(A, events(2, 2));
      await store.putWorker(record(A, { lifecycle: "stopped" }));
      expect(loaded).toEqual([{ record: record(A), events: events(1, 1) }]);
    });
  });
}
