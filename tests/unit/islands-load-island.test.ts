/** An island that fails to load: tried again, and the page renewed at most once in a while. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { loadIsland } from "../../islands/load-island.ts";
import { systemClock } from "../../islands/store/clock.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

function setUp(failures: number, items = new Map<string, string>()) {
  let attempts = 0;
  let renewals = 0;
  let loaded = "";
  void loadIsland({
    load: () => ((attempts += 1) > failures ? Promise.resolve("island") : Promise.reject(new TypeError("failed"))),
    clock: systemClock(),
    isOnline: () => true,
    storage: () => ({ getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) }),
    renewPage: () => (renewals += 1),
  }).then((island) => (loaded = island));
  return { items, attempts: () => attempts, renewals: () => renewals, loaded: () => loaded };
}

describe("loadIsland()", () => {
  test("tries again after a failure", async () => {
    const setup = setUp(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([setup.loaded(), setup.attempts(), setup.renewals()]).toEqual(["island", 2, 0]);
  });

  test("renews the page after the second failure, once a minute at most", async () => {
    const first = setUp(100);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(first.renewals()).toBe(1);
    const reloaded = setUp(100, first.items);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(reloaded.renewals()).toBe(0);
  });
});
