/** The platform's own clock. */
import { expect, test } from "vitest";
import { systemClock } from "../../runtime/clock.ts";

test("systemClock.afterTurn() lets all that waits for a turn's end go before anything that follows from it", async () => {
  const done: string[] = [];
  const ended = Promise.withResolvers<void>();
  systemClock.afterTurn(() => {
    done.push("first");
    queueMicrotask(() => done.push("what follows from the first"));
    systemClock.afterTurn(() => {
      done.push("the next turn");
      ended.resolve();
    });
  });
  systemClock.afterTurn(() => done.push("second"));
  await ended.promise;
  expect(done).toEqual(["first", "second", "what follows from the first", "the next turn"]);
});
