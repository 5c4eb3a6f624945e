/** Search in a conversation: what counts as the same letter, what stands around a hit, and how older pages are fetched. */
import { describe, expect, test, vi } from "vitest";
import { ConversationSearch, MAX_HITS } from "../../islands/search/conversation-search.ts";
import { entryText } from "../../islands/search/entry-text.ts";
import { findHits } from "../../islands/search/find-hits.ts";
import { foldQuery } from "../../islands/search/fold-text.ts";
import type { ApiResult } from "../../islands/store/api-client.ts";
import type { WorkerEntries } from "../../protocol/backend-api.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import { consoleData } from "../support/console-data.ts";

const said = (text: string): LogEntry => ({ kind: "user_input", ts: 1, segments: [{ kind: "text", content: text }] });
const hitsOf = (text: string, query: string) => findHits(entryText(said(text), 7)!, foldQuery(query));

describe("findHits()", () => {
  test.each([
    ["Ｈｅｌｌｏ world", "hello", "Ｈｅｌｌｏ"],
    ["ﾊﾟｿｺﾝを買う", "パソコン", "ﾊﾟｿｺﾝ"],
    ["第①章", "第1章", "第①章"],
    ["a  long\n gap", "long gap", "long\n gap"],
    ["㍿宵", "株式会社宵", "㍿宵"],
    ["か\u3099くせい", "がくせい", "か\u3099くせい"],
    ["İstanbul", "i\u0307stanbul", "İstanbul"],
  ])("finds in %j the words %j as they were written", (text, query, match) => {
    expect(hitsOf(text, query).map((hit) => hit.match)).toEqual([match]);
  });

  test("tells where each is, and a little of what stands around it, cut between characters", () => {
    const [first, second, ...rest] = hitsOf(`${"𝒴".repeat(80)}needle${" hay".repeat(40)} needle`, "needle");
    expect(rest).toEqual([]);
    expect(first).toMatchObject({ index: 7, ts: 1, who: "you", match: "needle" });
    expect(first?.before).toBe(`…${"𝒴".repeat(30)}`);
    expect(first?.after.startsWith(" hay hay")).toBe(true);
    expect(first?.after.endsWith("…")).toBe(true);
    expect(second?.after).toBe("");
  });

  test("finds a letter that stands everywhere in a long text before anybody gives up", () => {
    expect(hitsOf("e".repeat(300_000), "e")).toHaveLength(300_000);
  });

  test("of nothing is nothing", () => {
    expect(hitsOf("anything", "  ")).toEqual([]);
  });
});

describe("entryText()", () => {
  test.each<[LogEntry, string, string]>([
    [{ kind: "assistant_item", ts: 1, item: { kind: "reasoning", text: "hm" } }, "thinking", "hm"],
    [
      {
        kind: "assistant_item",
        ts: 1,
        item: { kind: "message", role: "assistant", content: [{ kind: "text", text: "yes" }] },
      },
      "worker",
      "yes",
    ],
    [
      {
        kind: "assistant_item",
        ts: 1,
        item: { kind: "message", role: "assistant", content: [{ kind: "refusal", refusal: "rather not" }] },
      },
      "worker",
      "rather not",
    ],
    [
      { kind: "assistant_item", ts: 1, item: { kind: "tool_call", call_id: "c9", name: "read", arguments: '{"a":1}' } },
      "tool",
      'read\n{"a":1}',
    ],
    [{ kind: "run_errored", ts: 1, interrupted: true, message: "too much" }, "failure", "too much"],
    [{ kind: "system_item", ts: 1, item: { kind: "interrupt", body: "woken" } }, "system", "woken"],
  ])("of %j is what %s said", (entry, who, text) => {
    expect(entryText(entry, 0)).toEqual({ index: 0, ts: 1, who, text });
  });

  test("of an entry without words is none", () => {
    expect(entryText({ kind: "turn_end", ts: 1, turn_count: 1 }, 0)).toBeUndefined();
    expect(entryText({ kind: "hologram", depth: 3 }, 0)).toBeUndefined();
  });
});

/** A conversation of `count` entries of which the page has the last `shown`. */
function conversation(count: number, shown: number, textAt = (index: number) => `entry ${index} of all`) {
  const all = Array.from({ length: count }, (_, index) => said(textAt(index)));
  const page = (before: number): ApiResult<WorkerEntries> => {
    const start = Math.max(0, before - 100);
    const { selected } = consoleData();
    const entries = all.slice(start, before);
    return { ok: true, value: { ...selected, entries_start: start, entries_total: count, oldest_kept: 0, entries } };
  };
  const loadEntries = vi.fn<(before: number) => Promise<ApiResult<WorkerEntries>>>((before) =>
    Promise.resolve(page(before)),
  );
  let start = count - shown;
  const search = new ConversationSearch({
    entries: () => all.slice(start),
    entriesStart: () => start,
    loadEntries,
  });
  const ended = () => vi.waitFor(() => expect(search.state.value.kind).not.toBe("searching"));
  const show = (only: number) => (start = count - only);
  return { search, loadEntries, page, ended, show };
}

describe("ConversationSearch", () => {
  test("goes through what the page has and every older page, the newest first", async () => {
    const { search, loadEntries, ended } = conversation(450, 100, (index) => (index % 200 === 3 ? "needle" : "hay"));
    search.start("NEEDLE");
    expect(search.hits.value.map(({ index }) => index)).toEqual([403]);
    await ended();
    expect(search.state.value).toEqual({ kind: "done" });
    expect(search.hits.value.map(({ index }) => index)).toEqual([403, 203, 3]);
    expect(loadEntries.mock.calls.map(([before]) => before)).toEqual([350, 250, 150, 50]);
    expect(search.progress.value).toEqual({ searched: 450, total: 450 });
  });

  test("fetches nothing twice for the next words", async () => {
    const { search, loadEntries, ended } = conversation(300, 100);
    search.start("entry 5 of");
    await ended();
    search.start("entry 7 of");
    await ended();
    expect(search.hits.value.map(({ index }) => index)).toEqual([7]);
    expect(loadEntries).toHaveBeenCalledTimes(2);
  });

  test("leaves nothing out where the page has come to show less or more since the last words", async () => {
    const { search, ended, show } = conversation(450, 300);
    search.start("entry 5 of");
    await ended();
    for (const shown of [100, 400]) {
      show(shown);
      search.start("entry 250 of");
      await ended();
      expect(search.hits.value.map(({ index }) => index)).toEqual([250]);
    }
  });

  test("newer words end the older search", async () => {
    const { search, ended } = conversation(300, 100);
    search.start("entry 5 of");
    search.start("entry 6 of");
    await ended();
    expect(search.hits.value.map(({ index }) => index)).toEqual([6]);
  });

  test("stops when asked, says how far it was, and goes on from there", async () => {
    const { search, loadEntries, page, ended } = conversation(300, 100);
    const { promise, resolve } = Promise.withResolvers<ApiResult<WorkerEntries>>();
    loadEntries.mockReturnValueOnce(promise);
    search.start("entry 5 of");
    search.stop();
    resolve(page(200));
    await promise;
    expect(search.state.value).toEqual({ kind: "stopped", reason: "asked" });
    expect(search.progress.value).toEqual({ searched: 100, total: 300 });
    search.resume();
    await ended();
    expect(search.hits.value.map(({ index }) => index)).toEqual([5]);
    expect(search.progress.value).toEqual({ searched: 300, total: 300 });
  });

  test("a page that does not come stops it with what was found", async () => {
    const { search, loadEntries, ended } = conversation(300, 100);
    loadEntries.mockResolvedValueOnce({ ok: false, failure: { kind: "network" } });
    search.start("entry 250 of");
    await ended();
    expect(search.state.value).toEqual({ kind: "stopped", reason: "failed" });
    expect(search.hits.value).toHaveLength(1);
  });

  test("ends when there are more places than anybody reads", async () => {
    const { search, ended } = conversation(1_000, 100);
    search.start("entry");
    await ended();
    expect(search.state.value).toEqual({ kind: "capped" });
    expect(search.hits.value).toHaveLength(MAX_HITS);
  });

  test("of nothing is empty", () => {
    const { search, loadEntries } = conversation(300, 100);
    search.start(" ");
    expect(search.state.value).toEqual({ kind: "empty" });
    expect(loadEntries).not.toHaveBeenCalled();
  });
});
