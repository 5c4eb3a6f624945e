/** The store of Runtimes and Workers: what is kept of a Runtime that is away, and what becomes of making a Worker. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ApiClient } from "../../islands/store/api-client.ts";
import { systemClock } from "../../islands/store/clock.ts";
import { WorkerList } from "../../islands/store/worker-list.ts";
import { RuntimeId, WorkerId } from "../../protocol/id.ts";
import { consoleData } from "../support/console-data.ts";
import { listedRuntime } from "../support/listed-runtime.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.parse("2026-11-21T05:00:00Z") }));
afterEach(() => void vi.useRealTimers());

const LAB = RuntimeId.parse("lab");
const home = listedRuntime("r", "Home");
const lab = listedRuntime("lab", "Lab");
const labAway = listedRuntime("lab", "Lab", "runtime_refused");
const companion = consoleData().workers[0]!;
const helper = { ...companion, runtime_id: LAB, worker_id: WorkerId.parse("w2"), label: "Helper" };

function setUp(workers = [companion, helper], runtimes = [home, lab]) {
  const api = {
    listWorkers: vi.fn<ApiClient["listWorkers"]>(),
    listRuntimes: vi.fn<ApiClient["listRuntimes"]>(),
    spawnWorker: vi.fn<ApiClient["spawnWorker"]>(),
  };
  const answer = (nowRuntimes: typeof runtimes, nowWorkers: typeof workers, isWhole = true) => {
    api.listRuntimes.mockResolvedValue({ ok: true, value: nowRuntimes });
    api.listWorkers.mockResolvedValue({ ok: true, value: { workers: nowWorkers, isWhole } });
  };
  answer(runtimes, workers);
  const list = new WorkerList({ workers, runtimes, api, clock: systemClock(), isVisible: () => true });
  const shown = () =>
    list.groups.value.map(({ label, workers: listed }) => [
      label,
      ...listed.map(({ worker, isUnreachable }) => `${worker.label}${isUnreachable ? " (away)" : ""}`),
    ]);
  return { api, list, answer, shown };
}

describe("WorkerList", () => {
  test("has the Workers under their Runtimes, in the Backend's order", () => {
    expect(setUp().shown()).toEqual([
      ["Home", "Companion"],
      ["Lab", "Helper"],
    ]);
  });

  test("keeps the Workers of a Runtime that goes away, and when it was heard last", async () => {
    const { list, answer, shown } = setUp();
    await list.refresh();
    vi.setSystemTime(Date.now() + 60_000);
    answer([home, labAway], [companion], false);
    await list.refresh();
    expect(shown()).toEqual([
      ["Home", "Companion"],
      ["Lab", "Helper (away)"],
    ]);
    expect(list.runtimes.value[1]).toMatchObject({ status: "unavailable", last_seen_at: "2026-11-21T05:00:00.000Z" });
    answer([home, lab], [companion, helper]);
    await list.refresh();
    expect(shown()[1]).toEqual(["Lab", "Helper"]);
  });

  test("forgets a Worker that its Runtime no longer has", async () => {
    const { list, answer, shown } = setUp();
    answer([home, lab], [companion]);
    await list.refresh();
    expect(shown()).toEqual([["Home", "Companion"], ["Lab"]]);
  });

  test("tells Runtimes of one name apart by their ids", () => {
    const { shown } = setUp([], [listedRuntime("one", "Yoi Runtime"), listedRuntime("two", "Yoi Runtime")]);
    expect(shown()).toEqual([["Yoi Runtime (one)"], ["Yoi Runtime (two)"]]);
  });

  test("asks at once when the page came without Runtimes, else after a while", async () => {
    const late = setUp([], []);
    late.list.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(late.api.listRuntimes).toHaveBeenCalledTimes(1);
    const whole = setUp();
    whole.list.start();
    await vi.advanceTimersByTimeAsync(19_999);
    expect(whole.api.listRuntimes).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(whole.api.listRuntimes).toHaveBeenCalledTimes(1);
  });

  test("a Worker that could not be made is told with its Runtime, and the list is asked anew", async () => {
    const { api, list } = setUp();
    const failure = { kind: "timeout" } as const;
    api.spawnWorker.mockResolvedValue({ ok: false, failure });
    expect(await list.create(LAB, "Worker 3")).toBeUndefined();
    expect(list.spawn.value).toEqual({ kind: "failed", runtimeId: LAB, failure });
    expect(api.spawnWorker).toHaveBeenCalledExactlyOnceWith(LAB, "Worker 3");
    expect(api.listRuntimes).toHaveBeenCalledTimes(1);
  });
});
