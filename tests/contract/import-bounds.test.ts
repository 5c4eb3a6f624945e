/** A conversation's file that somebody sends: what is taken, what is refused and in which words, and what a crash leaves. */
import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { ConversationFile } from "../../protocol/conversation-file.ts";
import {
  createConversationReader,
  READ_CONVERSATION_LIMITS,
  type ReadConversationLimits,
} from "../../protocol/read-conversation.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { writeConversation } from "../../protocol/write-conversation.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import { conversationFile, everyEntry } from "../support/conversation-file.ts";
import { createFailingStore, type FailingStore } from "../support/failing-store.ts";
import { openRuntimeFixture } from "../support/runtime-fixture.ts";
import { storedWorkers } from "../support/stored-workers.ts";

// As every entry point does: what is wrong is to be said.
z.config(z.locales.en());

const encoder = new TextEncoder();

/** A body that comes in pieces of a size, and tells how much of it was taken. */
function bodyOf(text: string | Uint8Array, pieceBytes = 64 * 1024) {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const taken = { bytes: 0, isCancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = bytes.slice(taken.bytes, taken.bytes + pieceBytes);
        taken.bytes += piece.length;
        if (piece.length > 0) controller.enqueue(piece);
        else controller.close();
      },
      cancel() {
        taken.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { body, taken };
}

const requestOf = (body: ReadableStream<Uint8Array> | null, headers: Record<string, string> = {}) => ({
  headers: new Headers(headers),
  body,
});

const read = (
  body: ReadableStream<Uint8Array> | null,
  limits: Partial<ReadConversationLimits> = {},
): Promise<ConversationFile> =>
  createConversationReader({ ...READ_CONVERSATION_LIMITS, ...limits })(requestOf(body), async (file) => file);

/** What is refused, in code and words. */
async function refusal(text: string | Uint8Array, limits: Partial<ReadConversationLimits> = {}): Promise<string> {
  try {
    await read(bodyOf(text).body, limits);
    return "taken";
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return `${error.code}: ${error.detail}`;
  }
}

async function textOf(file: ConversationFile): Promise<string> {
  const { entries, ...header } = file;
  const pages = (async function* () {
    for (let first = 0; first < entries.length; first += 3) yield entries.slice(first, first + 3);
  })();
  let text = "";
  for await (const piece of writeConversation(header, pages)) text += piece;
  return text;
}

const withEntries = (entries: string) =>
  JSON.stringify(conversationFile()).replace('"entries":[]', `"entries":${entries}`);

describe("a file that was written", () => {
  test("is read as it was, however it is cut into pieces", async () => {
    const file = conversationFile({ entries: everyEntry });
    const text = await textOf(file);
    expect(ConversationFile.parse(JSON.parse(text))).toEqual(file);
    for (const size of [1, 2, 3, 7, 1000, 1_000_000]) expect(await read(bodyOf(text, size).body)).toEqual(file);
  });

  test("is valid JSON without any entry, and with an entry a line", async () => {
    expect(await read(bodyOf(await textOf(conversationFile())).body)).toEqual(conversationFile());
    const lines = (await textOf(conversationFile({ entries: everyEntry }))).trimEnd().split("\n");
    expect(lines).toHaveLength(everyEntry.length + 2);
  });

  test("is the same whatever its spaces and the order of its keys, also with a byte order mark", async () => {
    const { entries, ...rest } = conversationFile({ entries: everyEntry });
    const turned = { entries, ...Object.fromEntries(Object.entries(rest).toReversed()) };
    const text = `\ufeff${JSON.stringify(turned, null, "\t ")}\r\n`;
    expect(await read(bodyOf(text, 5).body)).toEqual({ ...rest, entries });
  });

  test("any entries of JSON come back as they are", async () => {
    const value = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });
    const entry = fc.record({ kind: fc.constantFrom("hologram", "x", "日本"), value, ts: fc.nat() });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 8 }), fc.integer({ min: 16, max: 512 }), async (entries, size) => {
        const plain = JSON.parse(JSON.stringify(entries)) as LogEntry[]; // why: just made by JSON
        if (JSON.stringify(plain).includes('"__proto__"')) return;
        const file = { ...conversationFile(), entries: plain };
        expect((await read(bodyOf(await textOf(file), size).body)).entries).toEqual(plain);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a file that is not right", () => {
  test.each([
    ["", "invalid_request: entries: expected a list."],
    ["{", "invalid_request: entries: expected a list."],
    ["null", "invalid_request: entries: expected a list."],
    ["[]", "invalid_request: entries: expected a list."],
    ['{"entries":7}', "invalid_request: entries: expected a list."],
    ['{"entries":{"0":{"kind":"a"}}}', "invalid_request: entries: expected a list."],
    ['{"entries":[', "invalid_json: The file ends before its entries do."],
    ['{"entries":[{"kind":"a"}', "invalid_json: The file ends before its entries do."],
    ['{"entries":[]', "invalid_json: The file: expected valid JSON."],
    ['{"entries":[],"entries":[]}', "invalid_request: entries: expected them once."],
    ['{"entries":[,]}', "invalid_json: entries.0: expected valid JSON."],
    ['{"entries":[{"kind":"a"},]}', "invalid_json: entries.1: expected valid JSON."],
    ['{"entries":[{"kind":"a"} {"kind":"b"}]}', "invalid_json: entries.0: expected valid JSON."],
    ['{"entries":[{"kind":"a"]}', "invalid_json: entries.0: expected valid JSON."],
    ['{"entries":[]} {}', "invalid_json: The file: expected valid JSON."],
    ['{"entries":["text"]}', "invalid_request: entries.0: Invalid input: expected object, received string"],
    [
      '{"entries":[{"kind":"a"},{"kind":3}]}',
      "invalid_request: entries.1.kind: Invalid input: expected string, received number",
    ],
    [
      '{"entries":[{"kind":"user_input","ts":1,"segments":3}]}',
      "invalid_request: entries.0.segments: Invalid input: expected array, received number",
    ],
    [
      '{"entries":[{"kind":"turn_end","ts":1,"turn_count":-1}]}',
      "invalid_request: entries.0.turn_count: Too small: expected number to be >=0",
    ],
    [
      '{"entries":[{"kind":"turn_end","ts":1,"turn_count":1125899906842625}]}',
      "invalid_request: entries.0.turn_count: expected at most 1125899906842624.",
    ],
    [
      '{"entries":[{"kind":"hologram","ts":8640000000000001}]}',
      "invalid_request: entries.0.ts: expected a time in epoch milliseconds.",
    ],
    [
      '{"entries":[{"kind":"a","b":{"__proto__":{"polluted":1}}}]}',
      "invalid_request: entries.0: a key is called __proto__.",
    ],
    [
      '{"entries":[{"kind":"a","b":[{"\\u005f_proto__":1}]}]}',
      "invalid_request: entries.0: a key is called __proto__.",
    ],
  ])("%s is refused with the place", async (text, words) => {
    expect(await refusal(text)).toBe(words);
  });

  test.each([
    [{ format: "other" }, /^invalid_request: format: /],
    [{ version: 2 }, /^invalid_request: version: /],
    [{ exported_at: "yesterday" }, /^invalid_request: exported_at: /],
    [
      { worker: { ...conversationFile().worker, display_name: "x".repeat(81) } },
      /^invalid_request: worker\.display_name: /,
    ],
    [{ worker: { ...conversationFile().worker, display_name: " " } }, /^invalid_request: worker\.display_name: /],
    [{ worker: { ...conversationFile().worker, worker_id: "a/b" } }, /^invalid_request: worker\.worker_id: /],
    [{ worker: { ...conversationFile().worker, profile: { kind: "own" } } }, /^invalid_request: worker\.profile/],
    [{ usage: { input_tokens: -1 } }, /^invalid_request: usage\.input_tokens: /],
    [
      { usage: { ...conversationFile().usage, output_tokens: 2 ** 53 - 1 } },
      /^invalid_request: usage\.output_tokens: /,
    ],
    [
      { run: { state: "active", started_ts: 1, call_usage: { ...conversationFile().usage, input_tokens: 2 ** 51 } } },
      /^invalid_request: run\.call_usage\.input_tokens: /,
    ],
    [{ run: { state: "flying" } }, /^invalid_request: run\.state: /],
    [{ run: { state: "active", started_ts: 8.7e15 } }, /^invalid_request: run\.started_ts: /],
    [{ older_entries: undefined }, /^invalid_request: older_entries: /],
  ])("%j is refused with the place", async (change, words) => {
    expect(await refusal(JSON.stringify({ ...conversationFile(), ...change }))).toMatch(words);
  });

  test("is refused where it is not UTF-8, or was cut in the middle of a character", async () => {
    expect(await refusal(new Uint8Array([0x7b, 0xff, 0x7d]))).toBe("invalid_json: The file is not UTF-8.");
    const cut = encoder.encode(withEntries('[{"kind":"見"}]'));
    expect(await refusal(cut.slice(0, cut.indexOf(0xe8) + 1))).toBe("invalid_json: The file is not UTF-8.");
  });

  test("without a body is refused", async () => {
    await expect(read(null)).rejects.toMatchObject({ code: "invalid_request" });
  });

  test("never changes what an object is", async () => {
    const polluted = { ...conversationFile() };
    const text = JSON.stringify(polluted).replace('"run":{', '"run":{"__proto__":{"polluted":true},');
    expect(await refusal(text)).toBe("invalid_request: The file: a key is called __proto__.");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("a file that is too much", () => {
  test("is read no further than it may be long", async () => {
    const { body, taken } = bodyOf(withEntries(`[${'{"kind":"a"},'.repeat(1_000_000)}]`));
    await expect(read(body, { maxBytes: 1_000_000, maxEntries: 2_000_000 })).rejects.toMatchObject({
      code: "body_too_large",
    });
    expect(taken.bytes).toBeLessThan(1_100_000);
    expect(taken.isCancelled).toBe(true);
  });

  test("and says so is not even begun", async () => {
    const { body, taken } = bodyOf("{}");
    const request = requestOf(body, { "Content-Length": String(READ_CONVERSATION_LIMITS.maxBytes + 1) });
    const reading = createConversationReader()(request, async () => "used");
    await expect(reading).rejects.toMatchObject({ code: "body_too_large" });
    expect(taken.bytes).toBe(0);
  });

  test("of a million entries is refused at the first one too many", async () => {
    const text = withEntries(`[${'{"kind":"a"},'.repeat(1_000_000)}]`);
    const { body, taken } = bodyOf(text);
    const words = `entries: expected at most ${READ_CONVERSATION_LIMITS.maxEntries}.`;
    await expect(read(body)).rejects.toMatchObject({ code: "invalid_request", detail: words });
    // Whoever sends it hears the answer, which nobody does who is cut off.
    expect(taken).toEqual({ bytes: text.length, isCancelled: false });
  });

  test("with an entry of 10 MB is refused before all of it is there", async () => {
    const endless = `{"entries":[{"kind":"a"},{"kind":"b","text":"${"x".repeat(10_000_000)}`;
    expect(await refusal(endless)).toBe("invalid_request: entries.1: longer than 4194304 characters.");
  });

  test("may be as deep as the limit, and no deeper", async () => {
    const deep = (depth: number) => withEntries(`[{"kind":"a","b":${"[".repeat(depth)}${"]".repeat(depth)}}]`);
    const own = 3;
    expect(await refusal(deep(READ_CONVERSATION_LIMITS.maxDepth - own))).toBe("taken");
    const words = "invalid_request: entries.0: more than 64 values inside one another.";
    expect(await refusal(deep(READ_CONVERSATION_LIMITS.maxDepth - own + 1))).toBe(words);
    expect(await refusal(deep(5_000_000))).toBe(words);
    expect(await refusal("[".repeat(5_000_000))).toBe("invalid_request: more than 64 values inside one another.");
  });

  test("besides its entries is refused", async () => {
    const words = "invalid_request: More than 65536 characters besides the entries.";
    expect(await refusal(`{"note":"${"x".repeat(70_000)}","entries":[]}`)).toBe(words);
  });

  test("that never comes to its end is let go after its time", async () => {
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      cancel() {
        isCancelled = true;
      },
    });
    await expect(read(body, { timeoutMs: 5 })).rejects.toMatchObject({ code: "request_too_slow" });
    expect(isCancelled).toBe(true);
  });

  test("waits unread while as many as may be held are held, also where one of them fails", async () => {
    const withConversation = createConversationReader({ ...READ_CONVERSATION_LIMITS, maxAtOnce: 1 });
    const text = await textOf(conversationFile());
    const held = Promise.withResolvers<void>();
    const first = withConversation(requestOf(bodyOf(text).body), () => held.promise);
    const second = bodyOf("{");
    const refused = withConversation(requestOf(second.body), async () => "used");
    const third = bodyOf(text);
    const used = withConversation(requestOf(third.body), async () => "used");
    await new Promise((resolve) => setImmediate(resolve));
    expect([second.taken.bytes, third.taken.bytes]).toEqual([0, 0]);
    held.resolve();
    await first;
    await expect(refused).rejects.toMatchObject({ code: "invalid_request" });
    expect(await used).toBe("used");
  });
});

describe("an import that does not come to its end", () => {
  let store: FailingStore;
  beforeEach(() => {
    store = createFailingStore();
  });

  test.each(["putWorker", "checkpoint"] as const)(
    "because %s fails leaves nothing, and can be repeated",
    async (operation) => {
      await using subject = await openRuntimeFixture({ store });
      const importing = () => subject.runtime.importWorker(conversationFile({ entries: everyEntry }));
      store.fail(operation, 1);
      await expect(importing()).rejects.toThrow("The disk is full");
      expect(await subject.runtime.listWorkers()).toEqual([]);
      expect(await storedWorkers(store)).toEqual([]);
      const { worker_id } = await importing();
      expect((await subject.runtime.entries(worker_id, { limit: 100 })).entries).toHaveLength(everyEntry.length);
    },
  );

  test.each([1, 2, 3])(
    "because the process dies before its write %i of 3 leaves nothing after the next start",
    async (write) => {
      let writes = 0;
      /** From a write on, nothing happens any more. */
      const dead = new Proxy(store, {
        get(target, key, receiver) {
          const value: unknown = Reflect.get(target, key, receiver);
          if (key !== "putWorker" && key !== "checkpoint") return value;
          return (...args: unknown[]) => {
            writes += 1;
            return writes >= write ? new Promise(() => {}) : (value as (...args: unknown[]) => unknown)(...args);
          };
        },
      });
      const crashed = await openRuntimeFixture({ store: dead });
      void crashed.runtime.importWorker(conversationFile({ entries: everyEntry }));
      await new Promise((resolve) => setImmediate(resolve));
      expect(writes).toBe(write);
      // Nobody sees it before it is whole.
      expect(await crashed.runtime.listWorkers()).toEqual([]);
      await using subject = await openRuntimeFixture({ store, seed: 2 });
      expect(await subject.runtime.listWorkers()).toEqual([]);
      expect(await storedWorkers(store)).toEqual([]);
    },
  );
});
