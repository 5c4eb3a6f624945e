/** Drafts and sending: nothing is lost, nothing is sent twice. */
import { signal } from "@preact/signals";
import { describe, expect, test } from "vitest";
import type { ApiResult } from "../../islands/store/api-client.ts";
import { systemClock } from "../../islands/store/clock.ts";
import { Composer } from "../../islands/store/composer.ts";
import { createDrafts, type DraftStorage } from "../../islands/store/drafts.ts";
import type { WorkerInputResult, WorkerLifecycleResult } from "../../protocol/backend-api.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import { RuntimeId, SubmissionId, WorkerId } from "../../protocol/id.ts";
import { INPUT_MAX_CHARS } from "../../protocol/runtime-api.ts";

const ref = { runtime_id: RuntimeId.parse("r"), worker_id: WorkerId.parse("w") };
const KEY = "yoi.draft:r/w";

function memoryStorage(): DraftStorage & { readonly items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

const accepted: ApiResult<WorkerInputResult> = { ok: true, value: { state: "accepted", ...ref, diagnostics: [] } };
const refusal = (code: string): ApiResult<never> => ({
  ok: false,
  failure: { kind: "problem", code, status: 409, detail: "…", retryable: true },
});
const lost: ApiResult<never> = { ok: false, failure: { kind: "network" } };

function setUp(storage: DraftStorage = memoryStorage(), idPrefix = "s") {
  const sent: { readonly content: string; readonly id: string }[] = [];
  const answers: PromiseWithResolvers<ApiResult<WorkerInputResult>>[] = [];
  const cancels: (PromiseWithResolvers<ApiResult<WorkerLifecycleResult>> & { startedTs: number | undefined })[] = [];
  const entries = signal<readonly LogEntry[]>([]);
  const runningSince = signal<number | undefined>(undefined);
  let ids = 0;
  const composer = new Composer({
    ref,
    api: {
      sendInput: (_ref, content, id) => {
        sent.push({ content, id });
        const answer = Promise.withResolvers<ApiResult<WorkerInputResult>>();
        answers.push(answer);
        return answer.promise;
      },
      cancelRun: (_ref, startedTs) => {
        const answer = Promise.withResolvers<ApiResult<WorkerLifecycleResult>>();
        cancels.push({ ...answer, startedTs });
        return answer.promise;
      },
    },
    drafts: createDrafts(ref, () => storage),
    clock: systemClock(),
    createSubmissionId: () => SubmissionId.parse(`${idPrefix}-${(ids += 1)}`),
    entries,
    runningSince,
  });
  composer.restore("");
  return { composer, sent, answers, cancels, entries, runningSince, storage };
}

const said = (content: string, submission_id: string): LogEntry => ({
  kind: "user_input",
  ts: 1,
  segments: [{ kind: "text", content }],
  submission_id,
});

async function sendAndAnswer(setup: ReturnType<typeof setUp>, answer: ApiResult<WorkerInputResult>): Promise<void> {
  const done = setup.composer.submit();
  setup.answers.at(-1)?.resolve(answer);
  await done;
}

describe("Composer", () => {
  test("an accepted message leaves the box and the storage", async () => {
    const storage = memoryStorage();
    const setup = setUp(storage);
    setup.composer.edit("hello");
    await sendAndAnswer(setup, accepted);
    expect(setup.sent).toEqual([{ content: "hello", id: "s-1" }]);
    expect(setup.composer.text.value).toBe("");
    expect(storage.items.size).toBe(0);
  });

  test("the id is in the storage before the message is on its way", () => {
    const storage = memoryStorage();
    const setup = setUp(storage);
    setup.composer.edit("hello");
    void setup.composer.submit();
    expect(JSON.parse(storage.items.get(KEY) ?? "")).toEqual({ text: "hello", submission_id: "s-1", sent: "hello" });
  });

  test("a lost answer keeps text and id: sending again sends the same id", async () => {
    const setup = setUp();
    setup.composer.edit("hello");
    await sendAndAnswer(setup, lost);
    expect(setup.composer.text.value).toBe("hello");
    expect(setup.composer.send.value).toEqual({ kind: "refused", failure: { kind: "network" } });
    await sendAndAnswer(setup, accepted);
    expect(setup.sent.map(({ id }) => id)).toEqual(["s-1", "s-1"]);
  });

  test("after a reload the same text still has the same id", async () => {
    const storage = memoryStorage();
    const before = setUp(storage);
    before.composer.edit("hello");
    void before.composer.submit();
    const after = setUp(storage);
    expect(after.composer.text.value).toBe("hello");
    await sendAndAnswer(after, accepted);
    expect(after.sent).toEqual([{ content: "hello", id: "s-1" }]);
  });

  test("after a reload the box is empty when the conversation has the message", () => {
    const storage = memoryStorage();
    const before = setUp(storage);
    before.composer.edit("hello");
    void before.composer.submit();
    const after = setUp(storage);
    after.entries.value = [said("hello", "s-1")];
    expect(after.composer.text.value).toBe("");
    expect(storage.items.size).toBe(0);
  });

  test("other words are another message with an id of its own", async () => {
    const setup = setUp();
    setup.composer.edit("hello");
    await sendAndAnswer(setup, lost);
    setup.composer.edit("hello there");
    await sendAndAnswer(setup, accepted);
    expect(setup.sent.map(({ id }) => id)).toEqual(["s-1", "s-2"]);
  });

  test("words that were changed and changed back after a lost answer are the same message", async () => {
    const setup = setUp();
    setup.composer.edit("hello");
    await sendAndAnswer(setup, lost);
    setup.composer.edit("hello!");
    setup.composer.edit("hello");
    await sendAndAnswer(setup, accepted);
    expect(setup.sent.map(({ id }) => id)).toEqual(["s-1", "s-1"]);
  });

  test("a draft has its id before it is sent, so that another tab sends the same", async () => {
    const storage = memoryStorage();
    const one = setUp(storage, "one");
    one.composer.edit("hello");
    one.composer.save();
    const other = setUp(storage, "other");
    await Promise.all([sendAndAnswer(one, accepted), sendAndAnswer(other, accepted)]);
    expect([...one.sent, ...other.sent].map(({ id }) => id)).toEqual(["one-1", "one-1"]);
  });

  test("other words than those that another tab sent under the draft's id stay, with an id of their own", async () => {
    const storage = memoryStorage();
    const one = setUp(storage, "one");
    one.composer.edit("hello");
    one.composer.save();
    const other = setUp(storage, "other");
    other.composer.edit("hello and more");
    other.entries.value = [said("hello", "one-1")];
    expect(other.composer.text.value).toBe("hello and more");
    await sendAndAnswer(other, accepted);
    expect(other.sent).toEqual([{ content: "hello and more", id: "other-1" }]);
  });

  test("what another tab writes while the message is on its way is kept there and here", async () => {
    const storage = memoryStorage();
    const one = setUp(storage, "one");
    one.composer.edit("hello");
    const done = one.composer.submit();
    const other = setUp(storage, "other");
    other.composer.edit("hello, next");
    other.composer.save();
    const drafts = createDrafts(ref, () => storage);
    one.composer.adopt(drafts.read(), "hello");
    one.answers[0]?.resolve(accepted);
    await done;
    other.composer.adopt(drafts.read(), "hello, next");
    expect([one.composer.text.value, other.composer.text.value]).toEqual(["hello, next", "hello, next"]);
    await sendAndAnswer(other, accepted);
    expect([one, other].map(({ sent }) => sent.map(({ content }) => content))).toEqual([["hello"], ["hello, next"]]);
    expect(new Set([...one.sent, ...other.sent].map(({ id }) => id)).size).toBe(2);
  });

  test("a refusal is an answer: what is changed after it is still the same message", async () => {
    const setup = setUp();
    setup.composer.edit("hello");
    await sendAndAnswer(setup, refusal("worker_busy"));
    setup.composer.edit("hello!");
    await sendAndAnswer(setup, accepted);
    expect(setup.sent.map(({ id }) => id)).toEqual(["s-1", "s-1"]);
  });

  test("words that are taken up are a message of their own, and the draft comes back after them", async () => {
    const storage = memoryStorage();
    const setup = setUp(storage);
    setup.composer.edit("unsent");
    setup.composer.takeUp("older");
    setup.composer.takeUp("oldest");
    expect([setup.composer.text.value, setup.composer.hasUnsent.value]).toEqual(["oldest", true]);
    await sendAndAnswer(setup, accepted);
    expect([setup.composer.text.value, setup.composer.hasUnsent.value]).toEqual(["unsent", false]);
    await sendAndAnswer(setup, accepted);
    expect(setup.sent.map(({ content }) => content)).toEqual(["oldest", "unsent"]);
    expect(new Set(setup.sent.map(({ id }) => id)).size).toBe(2);
    expect(storage.items.size).toBe(0);
  });

  test("what words have been taken up over survives a reload, with the id of its attempt", async () => {
    const storage = memoryStorage();
    const before = setUp(storage, "before");
    before.composer.edit("unsent");
    await sendAndAnswer(before, lost);
    before.composer.takeUp("older");
    const after = setUp(storage, "after");
    expect([after.composer.text.value, after.composer.hasUnsent.value]).toEqual(["older", true]);
    after.composer.putBack();
    expect(after.composer.text.value).toBe("unsent");
    await sendAndAnswer(after, accepted);
    expect(after.sent).toEqual([{ content: "unsent", id: "before-1" }]);
  });

  test("a message on its way can't be exchanged for others", () => {
    const setup = setUp();
    setup.composer.edit("hello");
    void setup.composer.submit();
    setup.composer.takeUp("older");
    setup.composer.putBack();
    expect(setup.composer.text.value).toBe("hello");
  });

  test("a message that is handed over leaves the box, and stays where nobody takes it", () => {
    const setup = setUp();
    setup.composer.edit("hello");
    const taken: unknown[] = [];
    setup.composer.handOver(() => false);
    expect(setup.composer.text.value).toBe("hello");
    setup.composer.handOver((message) => taken.push(message) > 0);
    expect(setup.composer.text.value).toBe("");
    expect(taken).toEqual([{ text: "hello", submission_id: "s-1" }]);
    setup.composer.handOver((message) => taken.push(message) > 0);
    expect(taken).toHaveLength(1);
  });

  test("a refused message stays, with the reason", async () => {
    const setup = setUp();
    setup.composer.edit("hello");
    await sendAndAnswer(setup, refusal("worker_busy"));
    expect(setup.composer.text.value).toBe("hello");
    expect(setup.composer.send.value).toMatchObject({ kind: "refused", failure: { code: "worker_busy" } });
    setup.composer.edit("hello!");
    expect(setup.composer.send.value).toEqual({ kind: "idle" });
  });

  test("after a conflict of ids the next attempt has a new one", async () => {
    const setup = setUp();
    setup.composer.edit("hello");
    await sendAndAnswer(setup, refusal("submission_conflict"));
    await sendAndAnswer(setup, accepted);
    expect(setup.sent.map(({ id }) => id)).toEqual(["s-1", "s-2"]);
  });

  test("the message's own event counts as its answer, once", async () => {
    const setup = setUp();
    setup.composer.edit("hello");
    const done = setup.composer.submit();
    setup.entries.value = [said("hello", "s-1")];
    expect(setup.composer.text.value).toBe("");
    setup.composer.edit("next");
    setup.answers[0]?.resolve(accepted);
    await done;
    expect(setup.composer.text.value).toBe("next");
  });

  test("what is typed while a message is on its way is kept", async () => {
    const setup = setUp();
    setup.composer.edit("hello");
    const done = setup.composer.submit();
    setup.composer.edit("hello, next");
    setup.answers[0]?.resolve(accepted);
    await done;
    expect(setup.composer.text.value).toBe("hello, next");
  });

  test("sends once, however often it is asked", async () => {
    const setup = setUp();
    setup.composer.edit("hello");
    void setup.composer.submit();
    void setup.composer.submit();
    expect(setup.sent).toHaveLength(1);
  });

  test("sends neither nothing nor too much", async () => {
    const setup = setUp();
    setup.composer.edit("  \n ");
    await setup.composer.submit();
    setup.composer.edit("a".repeat(INPUT_MAX_CHARS + 3));
    await setup.composer.submit();
    expect(setup.sent).toEqual([]);
    expect(setup.composer.tooLongBy.value).toBe(3);
  });

  test("a storage that throws costs nothing but the memory", async () => {
    const broken = new Proxy(memoryStorage(), {
      get() {
        throw new DOMException("denied", "SecurityError");
      },
    });
    const setup = setUp(broken);
    setup.composer.edit("hello");
    setup.composer.save();
    await sendAndAnswer(setup, lost);
    expect(setup.composer.text.value).toBe("hello");
  });

  test("damaged storage is an empty draft", () => {
    const storage = memoryStorage();
    storage.items.set(KEY, '{"text":3}');
    expect(setUp(storage).composer.text.value).toBe("");
    storage.items.set(KEY, "not json");
    expect(setUp(storage).composer.text.value).toBe("");
  });

  test("what was typed before the page came alive wins over an older draft", () => {
    const storage = memoryStorage();
    storage.items.set(KEY, JSON.stringify({ text: "old" }));
    const { composer } = setUp(storage);
    composer.restore("new");
    expect(composer.text.value).toBe("new");
  });

  test("an older draft comes back after what was typed before the page came alive", async () => {
    const storage = memoryStorage();
    storage.items.set(KEY, JSON.stringify({ text: "old" }));
    const setup = setUp(storage);
    setup.composer.restore("new");
    await sendAndAnswer(setup, accepted);
    expect(setup.composer.text.value).toBe("old");
  });

  test("a refusal is not told of other words: not of another tab's, nor of the draft that comes back", async () => {
    const setup = setUp();
    setup.composer.edit("hello");
    await sendAndAnswer(setup, lost);
    setup.composer.adopt({ text: "" }, "hello");
    expect(setup.composer.send.value).toEqual({ kind: "idle" });
    setup.composer.edit("draft");
    setup.composer.takeUp("once more");
    await sendAndAnswer(setup, refusal("worker_busy"));
    setup.composer.putBack();
    expect(setup.composer.text.value).toBe("draft");
    expect(setup.composer.send.value).toEqual({ kind: "idle" });
  });

  test("another tab's change is adopted unless this tab went its own way", () => {
    const setup = setUp();
    setup.composer.edit("same");
    setup.composer.adopt({ text: "" }, "same");
    expect(setup.composer.text.value).toBe("");
    setup.composer.edit("mine");
    setup.composer.adopt({ text: "theirs" }, "same");
    expect(setup.composer.text.value).toBe("mine");
  });

  test("stopping is said until the run has ended, and a failure is told", async () => {
    const setup = setUp();
    await setup.composer.cancelRun();
    expect(setup.cancels).toHaveLength(0);
    setup.runningSince.value = 1;
    void setup.composer.cancelRun();
    void setup.composer.cancelRun();
    expect(setup.cancels).toMatchObject([{ startedTs: 1 }]);
    expect(setup.composer.stop.value.kind).toBe("stopping");
    setup.runningSince.value = undefined;
    expect(setup.composer.stop.value.kind).toBe("idle");
    setup.runningSince.value = 2;
    const done = setup.composer.cancelRun();
    setup.cancels[1]?.resolve(lost);
    await done;
    expect(setup.composer.stop.value).toEqual({ kind: "failed", failure: { kind: "network" } });
  });

  test("stopping one run is no stopping of the next, though both are seen in one step", async () => {
    const setup = setUp();
    setup.runningSince.value = 1;
    const first = setup.composer.cancelRun();
    setup.runningSince.value = 2;
    expect(setup.composer.stop.value.kind).toBe("idle");
    setup.cancels[0]?.resolve(lost);
    await first;
    expect(setup.composer.stop.value.kind).toBe("idle");
    void setup.composer.cancelRun();
    expect(setup.cancels).toHaveLength(2);
  });
});
