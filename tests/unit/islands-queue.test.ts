/** Messages that wait: their order, when they go out, and that each of them does so once. */
import { expect, test } from "vitest";
import { alone } from "../../islands/store/alone.ts";
import { QUEUE_MAX_CHARS, QUEUE_MAX_ITEMS } from "../../islands/store/queue-storage.ts";
import { SubmissionId } from "../../protocol/id.ts";
import { INPUT_MAX_CHARS } from "../../protocol/runtime-api.ts";
import {
  KEY,
  NO_RUN,
  accepted,
  active,
  createBrowser,
  ended,
  lost,
  openTab,
  refusal,
  said,
  settle,
} from "../support/queue-tab.ts";

test("Queue sends nothing while a run goes, and one after the other once runs have ended", async () => {
  const tab = openTab();
  tab.add("a", "b");
  await settle();
  expect(tab.sent).toEqual([]);
  tab.run.value = ended(1);
  await settle();
  expect(tab.sent).toEqual(["id-a a"]);
  await tab.answer(accepted);
  expect(tab.texts()).toEqual(["b"]);
  // Its run has not been seen yet.
  expect(tab.sent).toHaveLength(1);
  tab.run.value = active(5);
  tab.run.value = ended(5);
  await settle();
  expect(tab.sent).toEqual(["id-a a", "id-b b"]);
  await tab.answer(accepted);
  expect(tab.texts()).toEqual([]);
  expect(tab.browser.items.size).toBe(0);
});

test("Queue goes on after a while where the run of a message is never seen", async () => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a", "b");
  await settle();
  await tab.answer(accepted);
  expect(tab.sent).toHaveLength(1);
  tab.passTime();
  await settle();
  expect(tab.sent).toEqual(["id-a a", "id-b b"]);
});

test.each([
  ["stopped", { cause: "cancelled" }],
  ["failed", { result: "errored" }],
  ["failed", { cause: "interrupted" }],
  ["failed", { result: "limit_reached" }],
] as const)("Queue is held as %s after a run that ended by %o, until it is released", async (kind, end) => {
  const tab = openTab();
  tab.add("a", "b");
  tab.run.value = ended(1, end);
  await settle();
  expect(tab.queue.hold.value).toEqual({ kind });
  expect(tab.queue.isBusy.value).toBe(false);
  expect(tab.sent).toEqual([]);
  tab.queue.release();
  await settle();
  expect(tab.sent).toEqual(["id-a a"]);
  await tab.answer(accepted);
  tab.run.value = active(5);
  tab.run.value = ended(5, end);
  await settle();
  expect(tab.queue.hold.value).toEqual({ kind });
  expect(tab.sent).toHaveLength(1);
});

test("Queue that is held goes on by itself after the next run that ends well", async () => {
  const tab = openTab();
  tab.add("a");
  tab.run.value = ended(1, { result: "errored" });
  tab.run.value = active(5);
  expect(tab.queue.hold.value).toBeUndefined();
  tab.run.value = ended(5);
  await settle();
  expect(tab.sent).toEqual(["id-a a"]);
});

test("Queue sends nothing without a live link", async () => {
  const tab = openTab(undefined, { run: ended(1), isLive: false });
  tab.add("a");
  await settle();
  expect(tab.sent).toEqual([]);
  tab.isLive.value = true;
  await settle();
  expect(tab.sent).toEqual(["id-a a"]);
});

test("Queue takes the message's own event for its answer", async () => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a", "b");
  await settle();
  tab.entries.value = [said("a", "id-a")];
  tab.run.value = active(5);
  expect(tab.texts()).toEqual(["b"]);
  await tab.answer(lost);
  expect(tab.queue.hold.value).toBeUndefined();
  tab.run.value = ended(5);
  await settle();
  expect(tab.sent).toEqual(["id-a a", "id-b b"]);
});

test("Queue waits for somebody else's run that was quicker", async () => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a");
  await settle();
  await tab.answer(refusal("worker_busy", true));
  expect(tab.queue.hold.value).toBeUndefined();
  expect(tab.sent).toHaveLength(1);
  tab.run.value = active(5);
  tab.run.value = ended(5);
  await settle();
  expect(tab.sent).toEqual(["id-a a", "id-a a"]);
});

test("Queue is in the storage before anything goes out, and the next page sends the same", async () => {
  const browser = createBrowser();
  const before = openTab(browser, { run: ended(1) });
  before.add("a", "b");
  await settle();
  expect(before.sent).toEqual(["id-a a"]);
  const after = openTab({ ...browser, alone: (work) => work() }, { run: ended(1) });
  await settle();
  expect(after.texts()).toEqual(["a", "b"]);
  expect(after.sent).toEqual(["id-a a"]);
});

test("Queue drops what the conversation has when it is read", () => {
  const stored = JSON.stringify([
    { submission_id: "id-a", text: "a" },
    { submission_id: "id-b", text: "b" },
  ]);
  const tab = openTab(createBrowser(stored));
  tab.entries.value = [said("a", "id-a")];
  expect(tab.texts()).toEqual(["b"]);
});

test.each([
  ["not json"],
  ["{}"],
  ['[{"text":"a"}]'],
  ['[{"submission_id":"a b","text":"a"}]'],
  ['[{"submission_id":"a","text":""}]'],
])("Queue is empty where the storage holds %s", (stored) => {
  expect(openTab(createBrowser(stored)).texts()).toEqual([]);
});

test("Queue loses nothing where tabs that added at the same time have stored more than one tab may", () => {
  const stored = Array.from({ length: QUEUE_MAX_ITEMS + 1 }, (_, at) => ({ submission_id: `s-${at}`, text: "a" }));
  const tab = openTab(createBrowser(JSON.stringify(stored)));
  expect(tab.texts()).toHaveLength(QUEUE_MAX_ITEMS + 1);
  expect(tab.queue.hasRoomFor(1)).toBe(false);
});

test("Queue takes no more than so many messages and so many characters", () => {
  const many = openTab();
  expect(many.add(...Array.from({ length: QUEUE_MAX_ITEMS }, (_, at) => String(at)))).not.toContain(false);
  expect(many.queue.hasRoomFor(1)).toBe(false);
  expect(many.add("one-more")).toEqual([false]);
  expect(many.texts()).toHaveLength(QUEUE_MAX_ITEMS);
  const long = openTab();
  const whole = Math.floor(QUEUE_MAX_CHARS / INPUT_MAX_CHARS);
  const letters = "abcdefgh".slice(0, whole + 1).split("");
  expect(long.add(...letters.map((letter) => letter.repeat(INPUT_MAX_CHARS)))).toEqual(
    letters.map((_, place) => place < whole),
  );
});

test("Queue moves, removes and changes what waits; other words are another message", () => {
  const tab = openTab();
  tab.add("a", "b", "c");
  const id = (text: string) => SubmissionId.parse(`id-${text}`);
  tab.queue.move(id("c"), 0);
  expect(tab.texts()).toEqual(["c", "a", "b"]);
  tab.queue.move(id("c"), 9);
  expect(tab.texts()).toEqual(["a", "b", "c"]);
  tab.queue.remove(id("b"));
  expect(tab.texts()).toEqual(["a", "c"]);
  tab.queue.beginEdit(id("a"));
  expect(tab.queue.endEdit(id("a"), "  ")).toBe(true);
  expect(tab.queue.endEdit(id("a"), "a, but better")).toBe(true);
  expect(tab.queue.endEdit(id("b"), "gone")).toBe(false);
  expect(JSON.parse(tab.browser.items.get(KEY) ?? "")).toEqual([
    { submission_id: "n-1", text: "a, but better" },
    { submission_id: "id-c", text: "c" },
  ]);
});

test("Queue does not send what is being edited", async () => {
  const tab = openTab();
  tab.add("a");
  tab.queue.beginEdit(SubmissionId.parse("id-a"));
  tab.run.value = ended(1);
  await settle();
  expect(tab.sent).toEqual([]);
  tab.queue.endEdit(SubmissionId.parse("id-a"), "b");
  await settle();
  expect(tab.sent).toEqual(["n-1 b"]);
});

test("Queue sends none of several messages that are being edited, whichever was begun last", async () => {
  const tab = openTab();
  tab.add("a", "b");
  const [a, b] = [SubmissionId.parse("id-a"), SubmissionId.parse("id-b")];
  tab.queue.beginEdit(a);
  tab.queue.beginEdit(b);
  tab.run.value = ended(1);
  await settle();
  expect(tab.sent).toEqual([]);
  tab.queue.endEdit(a, "a, but better");
  await settle();
  expect(tab.sent).toEqual(["n-1 a, but better"]);
  await tab.answer(accepted);
  tab.run.value = active(5);
  tab.run.value = ended(5);
  await settle();
  expect(tab.sent).toHaveLength(1);
  tab.queue.endEdit(b, "b");
  await settle();
  expect(tab.sent).toEqual(["n-1 a, but better", "id-b b"]);
});

test("Queue leaves alone what is on its way", async () => {
  const tab = openTab(undefined, { run: ended(1) });
  tab.add("a", "b");
  await settle();
  expect(tab.queue.sending.value).toBe("id-a");
  tab.queue.remove(SubmissionId.parse("id-a"));
  tab.queue.move(SubmissionId.parse("id-a"), 1);
  expect(tab.texts()).toEqual(["a", "b"]);
});

test("two tabs send each message once, in turn", async () => {
  const browser = createBrowser();
  const one = openTab(browser);
  one.add("a", "b");
  const other = openTab(browser);
  for (const tab of [one, other]) tab.run.value = ended(1);
  await settle();
  await one.answer(accepted);
  await other.answer(accepted);
  for (const tab of [one, other]) {
    tab.entries.value = [said("a", "id-a")];
    tab.run.value = active(5);
  }
  for (const tab of [one, other]) tab.run.value = ended(5);
  await settle();
  await one.answer(accepted);
  await other.answer(accepted);
  expect([...one.sent, ...other.sent].sort()).toEqual(["id-a a", "id-b b"]);
  expect([one.texts(), other.texts()]).toEqual([[], []]);
});

test("two tabs show the same list", () => {
  const browser = createBrowser();
  const one = openTab(browser);
  const other = openTab(browser);
  one.add("a", "b");
  other.queue.storageChanged({ key: "yoi.draft:r/w", oldValue: null, newValue: "[]" });
  expect(other.texts()).toEqual([]);
  other.queue.storageChanged({ key: KEY, oldValue: null, newValue: browser.items.get(KEY) ?? null });
  expect(other.texts()).toEqual(["a", "b"]);
  // Of a change that has not been heard of yet, nothing is lost.
  one.add("c");
  other.add("d");
  expect(other.texts()).toEqual(["a", "b", "c", "d"]);
});

test("Queue keeps what was added since another tab did something that is heard of late", () => {
  const browser = createBrowser();
  const [one, other] = [openTab(browser), openTab(browser)];
  one.add("a");
  const newValue = browser.items.get(KEY) ?? null;
  other.add("b");
  other.queue.storageChanged({ key: KEY, oldValue: null, newValue });
  expect(other.texts()).toEqual(["a", "b"]);
});

test("Queue keeps what the full storage did not take, whatever another tab does with the rest", () => {
  const browser = createBrowser();
  const [one, other] = [openTab(browser), openTab(browser)];
  one.add("a", "b");
  const oldValue = browser.items.get(KEY) ?? null;
  const { setItem } = browser.storage;
  browser.storage.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  other.add("c");
  browser.storage.setItem = setItem;
  one.queue.remove(SubmissionId.parse("id-a"));
  other.queue.storageChanged({ key: KEY, oldValue, newValue: browser.items.get(KEY) ?? null });
  expect(other.texts()).toEqual(["b", "c"]);
});

test("Queue keeps what waits where another app of the site clears the storage", async () => {
  const tab = openTab();
  tab.add("a", "b");
  tab.browser.items.clear();
  tab.queue.storageChanged({ key: null, oldValue: null, newValue: null });
  expect(openTab(tab.browser).texts()).toEqual(["a", "b"]);
  tab.run.value = ended(1);
  await settle();
  expect(tab.sent).toEqual(["id-a a"]);
  expect(tab.texts()).toEqual(["a", "b"]);
});

test("Queue sends each message once where the browser refuses its locks", async () => {
  const refusing = { request: () => Promise.reject(new DOMException("denied", "SecurityError")) };
  const browser = { ...createBrowser(), alone: (work: () => Promise<void>) => alone(refusing, "queue", work) };
  const tab = openTab(browser, { run: ended(1) });
  tab.add("a", "b");
  await settle();
  await tab.answer(accepted);
  tab.run.value = active(5);
  tab.run.value = ended(5);
  await settle();
  expect(tab.sent).toEqual(["id-a a", "id-b b"]);
});

test("Queue lives as long as its page where the storage is forbidden", async () => {
  const forbidden = () => {
    throw new DOMException("denied", "SecurityError");
  };
  const browser = createBrowser();
  const tab = openTab({ ...browser, storage: { getItem: forbidden, setItem: forbidden, removeItem: forbidden } });
  tab.add("a", "b");
  tab.run.value = ended(1);
  await settle();
  expect(tab.sent).toEqual(["id-a a"]);
  await tab.answer(accepted);
  expect(tab.texts()).toEqual(["b"]);
});

test("Queue gives back words that are too long for the message that was edited, and keeps the message", () => {
  const tab = openTab();
  tab.add("a", "b");
  const id = SubmissionId.parse("id-a");
  tab.queue.beginEdit(id);
  expect(tab.queue.endEdit(id, "a".repeat(INPUT_MAX_CHARS + 1))).toBe(false);
  expect(tab.texts()).toEqual(["a", "b"]);
  expect(openTab(tab.browser).texts()).toEqual(["a", "b"]);
});

test("Queue tells whether a further message would overtake something", async () => {
  const tab = openTab(undefined, { run: NO_RUN, isLive: false });
  expect(tab.queue.isBusy.value).toBe(false);
  tab.add("a");
  expect(tab.queue.isBusy.value).toBe(true);
  tab.queue.remove(SubmissionId.parse("id-a"));
  tab.run.value = active(1);
  expect(tab.queue.isBusy.value).toBe(true);
});
