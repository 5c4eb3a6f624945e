/** What `routes/done-once.ts` does with requests that come while an earlier one of the same key is under way. */
import { Hono } from "hono";
import { expect, test } from "vitest";
import { doneOnce } from "../../routes/done-once.ts";

test("doneOnce() has one done of those that waited for one that failed", async () => {
  const held = Promise.withResolvers<void>();
  let done = 0;
  const answer = doneOnce(async (context) => {
    done += 1;
    const number = done;
    await held.promise;
    return number === 1 ? context.json({ number }, 503) : context.json({ number });
  });
  const app = new Hono().post("/", answer);
  const ask = async () => {
    const response = await app.request("/", { method: "POST", headers: { "Idempotency-Key": "one" } });
    return [response.status, await response.text()];
  };
  const asked = [ask(), ask(), ask()];
  held.resolve();
  expect(await Promise.all(asked)).toEqual([
    [503, '{"number":1}'],
    [200, '{"number":2}'],
    [200, '{"number":2}'],
  ]);
  expect(done).toBe(2);
});
