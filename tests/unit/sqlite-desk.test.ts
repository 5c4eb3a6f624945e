/** What the SQLite store's desk does when nobody waits. */
import { expect, test, vi } from "vitest";
import { StoreDesk } from "../../runtime/store/sqlite-desk.ts";
import { openFile } from "../../runtime/store/sqlite-file.ts";
import { MAX_LOG_BYTES, MAX_UNSAVED_MS } from "../../runtime/store/sqlite-limits.ts";
import type { WriteOperation } from "../../runtime/store/sqlite-messages.ts";
import { packWrites } from "../../runtime/store/sqlite-packing.ts";
import { createSignals, Signals } from "../../runtime/store/sqlite-signals.ts";
import { StoreFolder } from "../support/store-folder.ts";
import { A, event, events, loadOnly, record, stored } from "../support/store-records.ts";

/** A desk of its own, and how often it has brought its log to the disk by itself. */
function openDesk(folder: StoreFolder) {
  const options = { path: folder.path, sync: "normal", maxBytes: null } as const;
  const opened = openFile(options);
  let syncs = 0;
  const syncLog = () => {
    opened.syncLog();
    syncs += 1;
  };
  const signals = new Signals(createSignals());
  const desk = new StoreDesk({ options, signals, file: { ...opened, syncLog }, handed: null, hasLane: false });
  const write = (operation: WriteOperation) => {
    expect(desk.answer({ kind: "write", writes: packWrites([operation]) })).toMatchObject({ failures: null });
  };
  return { desk, write, syncs: () => syncs };
}

test.each([MAX_UNSAVED_MS + 1, -3_600_000])(
  "StoreDesk.afterwards() saves what is being added to at the latest when the clock has moved by %d ms",
  (movedMs) => {
    using folder = new StoreFolder();
    const { desk, write, syncs } = openDesk(folder);
    const writeAndRest = (operation: WriteOperation) => {
      write(operation);
      desk.afterwards();
    };
    vi.useFakeTimers({ now: 1_782_700_000_000 });
    try {
      writeAndRest({ kind: "put_worker", record: record(A) });
      {
        using _reader = folder.reading();
        writeAndRest({ kind: "append", workerId: A, events: [event(1)], extras: {} });
        expect(syncs()).toBe(0);
        vi.setSystemTime(Date.now() + movedMs);
        writeAndRest({ kind: "append", workerId: A, events: [event(2)], extras: {} });
        expect(syncs()).toBe(1);
      }
      desk.answer({ kind: "close" });
    } finally {
      vi.useRealTimers();
    }
  },
);

test("StoreDesk.afterwards() brings the log to the disk also while somebody reads what is older", () => {
  using folder = new StoreFolder();
  const { desk, write, syncs } = openDesk(folder);
  /** As much as is never left for later. */
  const fill = (position: number) => {
    write({ kind: "append", workerId: A, events: [event(position, "x".repeat(MAX_LOG_BYTES))], extras: {} });
    desk.afterwards();
  };
  write({ kind: "put_worker", record: record(A) });
  {
    using _reader = folder.reading();
    fill(1);
    expect(syncs()).toBe(1);
    // By now SQLite has moved all that the reader lets it move.
    fill(2);
    expect(syncs()).toBe(2);
  }
  fill(3);
  expect(syncs()).toBe(2);
  desk.answer({ kind: "close" });
});

test("StoreDesk waits at its end for nobody who reads what is older, and the log is on the disk", async () => {
  using folder = new StoreFolder();
  const { desk, write, syncs } = openDesk(folder);
  write({ kind: "put_worker", record: record(A) });
  {
    using _reader = folder.reading();
    write({ kind: "append", workerId: A, events: events(1, 1), extras: {} });
    const startedMs = performance.now();
    desk.answer({ kind: "close" });
    // Whoever is waited for has ten seconds.
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(syncs()).toBe(1);
  }
  await using store = await folder.open();
  expect(await loadOnly(store)).toEqual(stored(A, { events: events(1, 1), head: 1 }));
});
