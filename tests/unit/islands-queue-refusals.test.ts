/** Messages that wait, where one of them is refused or not answered: what becomes of it, and of those behind it. */
import { expect, test } from "vitest";
import { SubmissionId } from "../../protocol/id.ts";
import { active, ended, lost, openTab, refusal, said, settle } from "../support/queue-tab.ts";

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
