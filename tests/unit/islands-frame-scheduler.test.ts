/** When a page's queued work is done: once for many that ask, at a pace, and whatever the clock says. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../islands/store/clock.ts";
import { pacedScheduler } from "../../islands/store/frame-scheduler.ts";

const NOW_MS = 1_000_000;

beforeEach(() => void vi.useFakeTimers({ now: NOW_MS }));
afterEach(() => void vi.useRealTimers());

test("a burst is one piece of work, and the first after a pause is done at once", () => {
  let done = 0;
  const ask = pacedScheduler(systemClock())(() => (done += 1));
  for (let index = 0; index < 100; index += 1) ask();
  expect(done).toBe(0);
  vi.advanceTimersByTime(0);
  expect(done).toBe(1);
  vi.advanceTimersByTime(10_000);
  expect(done).toBe(1);
});

test("work that is asked for all the time is done every 32 ms", () => {
  const doneAt: number[] = [];
  const ask = pacedScheduler(systemClock())(() => doneAt.push(Date.now() - NOW_MS));
  for (let ms = 0; ms < 100; ms += 1) {
    ask();
    vi.advanceTimersByTime(1);
  }
  expect(doneAt).toEqual([0, 32, 64, 96]);
});

test("work that other work asks for is done in the same go, and what fails holds up nothing that is asked for later", () => {
  const done: string[] = [];
  const schedule = pacedScheduler(systemClock());
  const askLater = schedule(() => done.push("later"));
  const ask = schedule(() => {
    done.push("first");
    askLater();
    if (done.length > 2) throw new Error("for the test");
  });
  ask();
  vi.advanceTimersByTime(0);
  expect(done).toEqual(["first", "later"]);
  ask();
  expect(() => vi.advanceTimersByTime(32)).toThrow("for the test");
  askLater();
  vi.advanceTimersByTime(32);
  expect(done).toEqual(["first", "later", "first", "later"]);
});

test("a clock that is set back keeps nothing waiting", () => {
  let done = 0;
  const ask = pacedScheduler(systemClock())(() => (done += 1));
  ask();
  vi.advanceTimersByTime(0);
  vi.setSystemTime(NOW_MS - 3_600_000);
  ask();
  vi.advanceTimersByTime(0);
  expect(done).toBe(2);
});
