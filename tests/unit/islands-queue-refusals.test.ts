/** Messages that wait, where one of them is refused or not answered: what becomes of it, and of those behind it. */
import { effect } from "@preact/signals";
import { expect, test } from "vitest";
import { SubmissionId } from "../../protocol/id.ts";
import { accepted, active, ended, lost, openTab, refusal, said, settle, strange } from "../support/queue-tab.ts";

test("Queue keeps a message whose answer was lost, and sends it again under its id when the link is back", async () => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a");
  await settle();
  await tab.answer(lost);
  expect(tab.queue.hold.value).toEqual({ kind: "refused", failure: { kind: "network" } });
  expect(tab.sent).toHaveLength(1);
  tab.isLive.value = false;
  tab.isLive.value = true;
  await settle();
  expect(tab.sent).toEqual(["id-a a", "id-a a"]);
});

test("Queue is held by a refusal, and an id that was used gets another", async () => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a");
  await settle();
  await tab.answer(refusal("submission_conflict"));
  expect(tab.queue.hold.value).toMatchObject({ kind: "refused", failure: { code: "submission_conflict" } });
  tab.queue.release();
  await settle();
  expect(tab.sent).toEqual(["id-a a", "n-1 a"]);
});

test("Queue goes on with what waits behind a refused message once that has been taken away", async () => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a", "b");
  await settle();
  await tab.answer(refusal("not_permitted"));
  expect(tab.queue.hold.value).toMatchObject({ kind: "refused", failure: { code: "not_permitted" } });
  tab.queue.remove(SubmissionId.parse("id-a"));
  await settle();
  expect(tab.sent).toEqual(["id-a a", "id-b b"]);
});

test("Queue is not held by a message whose answer was lost once the conversation has it", async () => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a", "b");
  await settle();
  await tab.answer(lost);
  tab.run.value = active(5);
  tab.entries.value = [said("a", "id-a")];
  expect(tab.queue.hold.value).toBeUndefined();
  tab.run.value = ended(5);
  await settle();
  expect(tab.sent).toEqual(["id-a a", "id-b b"]);
});

test("Queue waits as long as it is asked to, and then tries again by itself", async () => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a");
  await settle();
  const limited = { kind: "problem", code: "rate_limited", status: 429, detail: "…", retryable: true } as const;
  await tab.answer({ ok: false, failure: { ...limited, retryAt: 60_000 } });
  expect(tab.queue.hold.value).toMatchObject({ kind: "refused", failure: { retryAt: 60_000 } });
  // That the link is back does not end the wait.
  tab.isLive.value = false;
  tab.isLive.value = true;
  await settle();
  expect(tab.sent).toHaveLength(1);
  tab.passTime();
  await settle();
  expect(tab.sent).toEqual(["id-a a", "id-a a"]);
});

test.each([
  ["an answer that was lost", lost],
  ["a proxy's page", strange(502)],
  ["a Runtime that is away", refusal("runtime_unavailable", true)],
])("Queue sends again by itself after %s, under the same id and ever more seldom", async (_name, failed) => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a");
  await settle();
  const waitsMs: (number | undefined)[] = [];
  for (let attempts = 1; attempts <= 6; attempts += 1) {
    expect(tab.sent).toHaveLength(attempts);
    await tab.answer(failed);
    expect(tab.queue.hold.value).toMatchObject({ kind: "refused" });
    waitsMs.push(tab.newestWaitMs());
    tab.passTime();
    await settle();
  }
  expect(waitsMs).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  await tab.answer(accepted);
  expect(tab.sent).toEqual(Array.from({ length: 7 }, () => "id-a a"));
  expect(tab.texts()).toEqual([]);
});

test("Queue says no word more while it sends again by itself, and lets nothing overtake what it sends", async () => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a");
  await settle();
  await tab.answer(lost);
  expect(tab.queue.isBusy.value).toBe(false);
  const holds = new Set<string | undefined>();
  effect(() => void holds.add(tab.queue.hold.value?.kind));
  tab.passTime();
  await settle();
  expect(tab.sent).toHaveLength(2);
  expect(tab.queue.sending.value).toBe("id-a");
  expect(tab.queue.isBusy.value).toBe(true);
  await tab.answer(lost);
  expect([...holds]).toEqual(["refused"]);
});

test.each([
  ["who may only read", refusal("not_permitted")],
  ["whose message is too long for what stands between", strange(413)],
])("Queue of somebody %s asks nobody again by itself", async (_name, failed) => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a");
  await settle();
  await tab.answer(failed);
  tab.passTime();
  await settle();
  expect(tab.sent).toHaveLength(1);
  expect(tab.queue.hold.value).toMatchObject({ kind: "refused" });
});

test("Queue that sends again by itself does not do so after a run that was stopped meanwhile", async () => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a");
  await settle();
  await tab.answer(lost);
  tab.run.value = active(5);
  tab.run.value = ended(5, { cause: "cancelled" });
  tab.passTime();
  await settle();
  expect(tab.sent).toHaveLength(1);
  expect(tab.queue.hold.value).toEqual({ kind: "stopped" });
});

test("Queue that sends again by itself waits for somebody else's run that was quicker", async () => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a");
  await settle();
  await tab.answer(lost);
  tab.passTime();
  await settle();
  await tab.answer(refusal("worker_busy", true));
  expect(tab.queue.hold.value).toBeUndefined();
  expect(tab.sent).toHaveLength(2);
  tab.run.value = active(5);
  tab.run.value = ended(5);
  await settle();
  expect(tab.sent).toHaveLength(3);
});
