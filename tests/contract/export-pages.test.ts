/** What an export reads, and when; and what its Markdown can't be broken by. */
import { describe, expect, test } from "vitest";
import type { ConversationHeader } from "../../protocol/conversation-file.ts";
import type { LogEntry } from "../../protocol/entry.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { RuntimeId, WorkerId } from "../../protocol/id.ts";
import type { EntryPage, WorkerDetail } from "../../protocol/runtime-api.ts";
import { emptyTranscript, snapshotEvent } from "../../protocol/transcript.ts";
import { writeMarkdown } from "../../routes/conversation-markdown.ts";
import { conversationRoutes } from "../../routes/conversations.ts";
import type { EntriesQuery } from "../../runtime/runtime.ts";
import type { Backend } from "../../server/backend.ts";
import { exportConversation, type ExportSource } from "../../server/export-conversation.ts";
import { hideInnerWork } from "../../server/hide-inner-work.ts";
import { passThrough } from "../../server/policy.ts";
import { backendOf } from "../support/backend-of.ts";
import { conversationFile } from "../support/conversation-file.ts";
import { openRuntimeFixture } from "../support/runtime-fixture.ts";
import { ChangingRights, withRights } from "../support/viewer-rights.ts";

const REF = { runtime_id: RuntimeId.parse("lab"), worker_id: WorkerId.parse("companion") };
const said = (content: string, ts = 0): LogEntry => ({ kind: "user_input", ts, segments: [{ kind: "text", content }] });

interface Scene {
  entries: LogEntry[];
  oldest: number;
  readonly asked: EntriesQuery[];
  readonly source: ExportSource;
}

/** A conversation of so many entries, read through `answer`. */
function sceneOf(
  count: number,
  answer: (query: EntriesQuery, page: EntryPage) => EntryPage = (_, page) => page,
): Scene {
  const asked: EntriesQuery[] = [];
  const scene: Scene = {
    entries: Array.from({ length: count }, (_, index) => said(String(index), index)),
    oldest: 0,
    asked,
    source: {
      ref: REF,
      label: "Companion",
      detail: { profile: { kind: "builtin", value: "companion", secret: "x" }, model: "m" } as unknown as WorkerDetail, // why: no more of it is read
      view: async () => ({ snapshot: snapshotEvent(emptyTranscript()).data, cursor: "" as never }),
      async entries(query) {
        asked.push(query);
        const total = scene.entries.length;
        const end = Math.min(query.before ?? total, total);
        const start = Math.max(scene.oldest, end - query.limit);
        const entries = scene.entries.slice(start, end);
        const bounds = { entries_start: start, entries_total: total, oldest_kept: scene.oldest };
        return answer(query, { worker_ref: REF, ...bounds, entries });
      },
      show: (entries) => entries,
      pageEntries: 10,
      now: 1_000,
    },
  };
  return scene;
}

async function all(pages: AsyncIterable<readonly LogEntry[]>): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const page of pages) entries.push(...page);
  return entries;
}

describe("an export", () => {
  test("asks for a page when it is wanted, and for no more", async () => {
    const { source, asked } = sceneOf(35);
    const { pages, header } = await exportConversation(source);
    expect(header).toEqual({
      format: "yoi-conversation",
      version: 1,
      exported_at: "1970-01-01T00:00:01.000Z",
      worker: { ...REF, display_name: "Companion", profile: { kind: "builtin", value: "companion" }, model: "m" },
      usage: { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, llm_calls: 0 },
      run: { state: "none" },
      older_entries: 0,
    });
    expect(asked).toEqual([{ limit: 1 }, { limit: 1 }, { before: 10, limit: 10 }]);
    const reading = pages[Symbol.asyncIterator]();
    await reading.next();
    expect(asked).toHaveLength(3);
    await reading.next();
    expect(asked).toHaveLength(4);
    await reading.return?.();
    expect(asked).toHaveLength(4);
  });

  test("has what was there when it began, and tells how much had been let go", async () => {
    const scene = sceneOf(35);
    scene.oldest = 7;
    const { header, pages } = await exportConversation(scene.source);
    scene.entries.push(said("later"));
    expect(header.older_entries).toBe(7);
    expect(await all(pages)).toEqual(scene.entries.slice(7, 35));
  });

  test("reads the state anew where the Worker said something meanwhile", async () => {
    const scene = sceneOf(3);
    let views = 0;
    const view: ExportSource["view"] = async () => {
      views += 1;
      if (views === 1) scene.entries.push(said("meanwhile"));
      return { snapshot: snapshotEvent(emptyTranscript()).data, cursor: "" as never };
    };
    const { pages } = await exportConversation({ ...scene.source, view });
    expect(views).toBe(2);
    expect(await all(pages)).toHaveLength(4);
  });

  test("of nothing is empty", async () => {
    const { pages } = await exportConversation(sceneOf(0).source);
    expect(await all(pages)).toEqual([]);
  });

  test("breaks off where entries are let go before they are read, and never skips them", async () => {
    const scene = sceneOf(35);
    const { pages } = await exportConversation(scene.source);
    const reading = pages[Symbol.asyncIterator]();
    await reading.next();
    scene.oldest = 15;
    await expect(reading.next()).rejects.toMatchObject({ code: "cursor_expired" });
  });

  test("asks for fewer entries where they do not fit into an answer", async () => {
    const scene = sceneOf(25, (query, page) => {
      if (query.before !== undefined && query.limit > 2) throw new ProblemError("runtime_answer_too_large", "");
      return page;
    });
    const { pages } = await exportConversation(scene.source);
    expect(await all(pages)).toEqual(scene.entries);
  });

  test("fails at once where not even one entry fits", async () => {
    const scene = sceneOf(5, (query, page) => {
      if (query.before !== undefined) throw new ProblemError("runtime_answer_too_large", "");
      return page;
    });
    await expect(exportConversation(scene.source)).rejects.toMatchObject({ code: "runtime_answer_too_large" });
  });

  test("shows what the policy shows", async () => {
    const { source } = sceneOf(25);
    const noOdd = (entries: readonly LogEntry[]) => entries.filter((_, index) => index % 2 === 0);
    const { pages } = await exportConversation({ ...source, show: noOdd });
    expect((await all(pages)).map(({ ts }) => ts)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]);
    const whole = [said("a"), said("b")];
    expect(passThrough.showEntries(whole)).toBe(whole);
  });

  test("hides what a rule hides that is made while it is read", async () => {
    await using fixture = await openRuntimeFixture();
    const { runtime } = fixture;
    await using backend = await backendOf(runtime, { maxRecords: 10 });
    const entries = Array.from({ length: 30 }, (_, ts) => ({
      kind: "assistant_item",
      ts,
      item: { kind: "reasoning", text: "SECRET" },
    }));
    const { worker_ref } = await runtime.importWorker(conversationFile({ entries }));
    const rights = new ChangingRights();
    const { pages } = await backend.exportConversation(worker_ref, rights);
    const shown: string[] = [];
    for await (const page of pages) {
      shown.push(JSON.stringify(page));
      rights.change({ observation: hideInnerWork });
    }
    expect(shown.map((page) => page.includes("SECRET"))).toEqual([true, false, false]);
  });
});

describe("a download", () => {
  /** The route over pages of a test's own. */
  const download = (pages: AsyncIterable<readonly LogEntry[]>, format: string): Response | Promise<Response> => {
    const { entries: _none, ...header } = conversationFile();
    // why: the route asks for nothing else
    const backend = { exportConversation: async () => ({ header, pages }) } as unknown as Backend;
    return withRights(conversationRoutes(backend)).request(`/api/runtimes/a/workers/b/export?format=${format}`);
  };

  test.each(["json", "markdown"])("as %s that can't be read to its end breaks off", async (format) => {
    const pages = (async function* () {
      yield [said("x".repeat(100_000))];
      throw new ProblemError("cursor_expired", "");
    })();
    const response = await download(pages, format);
    expect(response.status).toBe(200);
    const reader = response.body!.getReader();
    expect((await reader.read()).value?.length).toBeGreaterThan(100_000);
    await expect(reader.read()).rejects.toMatchObject({ code: "cursor_expired" });
  });

  test("that nobody wants any more is read no further", async () => {
    let read = 0;
    let isOver = false;
    const pages = (async function* () {
      try {
        for (;;) {
          read += 1;
          yield [said("x".repeat(100_000))];
        }
      } finally {
        isOver = true;
      }
    })();
    const response = await download(pages, "json");
    expect(read).toBe(0);
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    expect([read, isOver]).toEqual([1, true]);
  });
});

describe("the Markdown of a conversation", () => {
  const item = (kind: string, content: object) =>
    ({ kind: "assistant_item", ts: 0, item: { kind, ...content } }) as LogEntry;
  const answer = (text: string) => item("message", { role: "assistant", content: [{ kind: "text", text }] });

  async function markdown(entries: readonly LogEntry[], changes: Partial<ConversationHeader> = {}): Promise<string> {
    const { entries: _none, ...header } = conversationFile();
    const pages = (async function* () {
      for (const entry of entries) yield [entry];
    })();
    let text = "";
    const pieces = writeMarkdown({ ...header, ...changes }, pages, { locale: "en", thinking: true });
    for await (const piece of pieces) text += piece;
    return text;
  }

  test("is this", async () => {
    const text = await markdown(
      [
        said("Hi\n# not a heading", 1_000),
        item("reasoning", { text: "hm", duration_ms: 2_000 }),
        answer("Hello **you**."),
        item("tool_call", { call_id: "c", name: "read", arguments: "{}" }),
        {
          kind: "tool_result",
          ts: 0,
          item: { kind: "tool_result", call_id: "c", summary: "a *file*", content: "x", is_error: false },
        },
        { kind: "run_completed", ts: 2_000, interrupted: true, result: "finished", cause: "cancelled" },
        said("Again", 3_000),
        {
          kind: "run_errored",
          ts: 4_000,
          interrupted: true,
          message: "It broke",
          code: "x",
          problem: "provider_unavailable",
        },
        { kind: "hologram", depth: 1 },
      ],
      { older_entries: 2 },
    );
    expect(text).toBe(`# Scribe

- Worker: \`worker-00000001\` (\`elsewhere\`)
- Model: scripted
- Exported: 2026-11-21 08:00:00 UTC
- Tokens: 9 tokens in, 4 out

*The conversation began earlier: 2 older entries are no longer kept.*

## You

<small>1970-01-01 00:00:01 UTC</small>

> Hi
> # not a heading

## Scribe

<small>1970-01-01 00:00:00 UTC</small>

<details>
<summary>Thought for 2 s</summary>

\`\`\`
hm
\`\`\`

</details>

Hello **you**.

**Tool:** read

\`\`\`
{}
\`\`\`

**Result:** a \\*file\\*

\`\`\`
x
\`\`\`

*Stopped*

## You

<small>1970-01-01 00:00:03 UTC</small>

> Again

**The answer failed.** The provider has a failure of its own.

\`\`\`
It broke
\`\`\`

*Something new: hologram*

\`\`\`
{
  "kind": "hologram",
  "depth": 1
}
\`\`\`
`);
  });

  test.each([
    ["a fence", "```ts\nconst a = 1;", "\n```\n"],
    ["a fence of tildes", "~~~~\nx\n~~~", "\n~~~~\n"],
    ["a fence after a closed one", "```\na\n```\n\n````md\n```\nb\n```", "\n````\n"],
    ["a comment", "see <!-- this", "\n-->\n"],
    ["a block of HTML", "so:\n<PRE class=a>\n\n```", "\n</pre>\n"],
    ["a script after a closed one", "<script>a</script>\n<script\nsrc=x>", "\n</script>\n"],
    ["a program in PHP", "<?php\n\necho 1;", "\n?>\n"],
    ["a section of XML", "<![CDATA[\n\n```", "\n]]>\n"],
    ["a declaration", "<!ELEMENT note\n\n```", "\n>\n"],
    ["a fence behind the mark of a comment", "`<!--` begins one:\n```html\n<p>", "\n```\n"],
    ["a fence behind a tag that another one has ended", "<pre>\n</script>\n```", "\n```\n"],
  ])("closes %s that an answer leaves open", async (_what, text, ending) => {
    expect(await markdown([answer(text)])).toContain(`\n${text}${ending}`);
  });

  test.each([
    "```\na\n```",
    "a `<!--` b --> c",
    "~~~\n```\n~~~",
    "    ```\nindented",
    "```a`b``` inline",
    "<pre>\n<script>\n</PRE> a",
    "<pre>\n</script> a",
    "<!DOCTYPE html>\n<![CDATA[ a ]]>",
    "<!--\n```\n-->",
    "`<pre>` and <script> inside, <prelude>",
    "```\n<style>\n```",
  ])("leaves %j as it is", async (text) => {
    const whole = await markdown([answer(text)]);
    expect(whole.slice(whole.indexOf("</small>"))).toBe(`</small>\n\n${text}\n`);
  });

  test("fences longer than any fence inside", async () => {
    const text = await markdown([item("reasoning", { text: "a\n`````\nb" })]);
    expect(text).toContain("\n``````\na\n`````\nb\n``````\n");
  });

  test("keeps names and times that are none from doing anything", async () => {
    const { worker } = conversationFile();
    const header = { worker: { ...worker, display_name: "<b>*x*</b> [a](b)" } };
    const text = await markdown([{ kind: "user_input", ts: 9e15, segments: [] }], header);
    expect(text).toMatch(/^# \\<b\\>\\\*x\\\*\\<\/b\\> \\\[a\\\]\(b\)\n/);
  });

  test("fences a text with more fences inside than a call takes arguments", async () => {
    const inside = "```\n".repeat(300_000);
    const text = await markdown([item("reasoning", { text: inside })]);
    expect(text.includes(`\n\`\`\`\`\n${inside}\n\`\`\`\`\n`)).toBe(true);
  });
});
