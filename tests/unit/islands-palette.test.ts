// @vitest-environment happy-dom
/** The palette: what a few letters find, which keys open things, and what is offered. */
import { describe, expect, test, vi } from "vitest";
import { createConsole } from "../../islands/console.ts";
import { renderEnvironment } from "../../islands/environment.ts";
import { en } from "../../islands/messages-en.ts";
import { en as words } from "../../islands/messages-tools-en.ts";
import { toolMessagesFor } from "../../islands/messages-tools.ts";
import { messagesFor } from "../../islands/messages.ts";
import { commandsOf, offersFor } from "../../islands/palette/commands.ts";
import { fuzzyMatch } from "../../islands/palette/fuzzy.ts";
import { keyCommandOf } from "../../islands/tools/tool.ts";
import { WorkerId } from "../../protocol/id.ts";
import { consoleData } from "../support/console-data.ts";
import { listedRuntime } from "../support/listed-runtime.ts";

const companion = consoleData().workers[0]!;
const helper = { ...companion, worker_id: WorkerId.parse("w2"), label: "Release notes" };

function offered(change: Parameters<typeof consoleData>[0] = {}) {
  const runtimes = [listedRuntime("r", "Home")];
  const data = consoleData({ workers: [companion, helper], runtimes, ...change });
  const page = createConsole(data, renderEnvironment(), messagesFor(data.locale));
  const open = vi.fn<(tool: { readonly kind: string }) => void>();
  const goTo = vi.fn<(path: string) => void>();
  const download = vi.fn<(path: string) => void>();
  const context = { frame: page, page, words: toolMessagesFor(data.locale), open, goTo, download };
  return { page, open, goTo, download, context, commands: commandsOf(context) };
}

describe("fuzzyMatch()", () => {
  test("finds letters in their order and marks them", () => {
    expect(fuzzyMatch("rno", "Release notes")?.ranges).toEqual([
      [0, 1],
      [8, 10],
    ]);
    expect(fuzzyMatch("ntr", "Release notes")).toBeUndefined();
  });

  test("puts what matches in one piece, and at the start of a word, first", () => {
    const score = (text: string) => fuzzyMatch("note", text)?.score ?? -Infinity;
    expect(score("notes")).toBeGreaterThan(score("Release notes"));
    expect(score("Release notes")).toBeGreaterThan(score("annotes"));
    expect(score("annotes")).toBeGreaterThan(score("nice old test"));
  });

  test.each([
    ["ワーカー", "わーかー"],
    ["わーかー", "ワーカー 1"],
    ["ﾜｰｶｰ", "ワーカー"],
    ["ｔｈｅｍｅ", "Theme: Dark"],
    ["resume", "Résumé"],
    ["設定", "設定…"],
  ])("finds %s in %s whatever its width, case or kana", (query, text) => {
    expect(fuzzyMatch(query, text)).toBeDefined();
  });

  test("marks whole characters of the text as it was written", () => {
    const text = "㍿の話 𝒴oi";
    const marked = (query: string) => fuzzyMatch(query, text)?.ranges.map(([start, end]) => text.slice(start, end));
    expect(marked("株式会社")).toEqual(["㍿"]);
    expect(marked("yoi")).toEqual(["𝒴oi"]);
  });
});

describe("the palette's offers", () => {
  test("are other Workers, the conversation's and the workspace's deeds, in that order", () => {
    const { commands } = offered();
    expect(commands.map(({ label }) => label)).toEqual([
      "Release notes",
      "Write a message",
      "Search the conversation…",
      "Rename this Worker…",
      "Export as Markdown",
      "Export as JSON",
      "Make a new Worker",
      "Import a conversation…",
      "Settings…",
      "Keyboard shortcuts",
      "Theme: As the device",
      "Theme: Light",
      "Theme: Dark",
      "Language: As the browser",
      "Language: English",
      "Language: 日本語",
      "Stop the Worker Companion…",
      "Stop the Worker Release notes…",
    ]);
  });

  test("lead to a Worker's page, to its question, and to a file, below the app's base", () => {
    const { commands, goTo, open, download } = offered({ base: "/yoi/" });
    const run = (label: string) => commands.find((command) => command.label === label)?.run();
    run("Release notes");
    run("Stop the Worker Release notes…");
    run("Export as JSON");
    expect(goTo).toHaveBeenCalledExactlyOnceWith("/yoi/runtimes/r/workers/w2");
    expect(open).toHaveBeenCalledExactlyOnceWith({
      kind: "stop-worker",
      target: { runtime_id: "r", worker_id: "w2" },
    });
    expect(download).toHaveBeenCalledExactlyOnceWith("/yoi/api/runtimes/r/workers/w/export?format=json");
  });

  test("are found by their English names where the page speaks Japanese", () => {
    const { commands } = offered({ locale: "ja" });
    expect(offersFor(commands, "dark")[0]?.command.label).toBe("テーマ: ダーク");
    expect(offersFor(commands, "shortcuts")[0]?.command.label).toBe("キーボードショートカット");
  });

  test("of a page without a conversation leave the conversation out", () => {
    const { context } = offered();
    const groups = commandsOf({ ...context, page: undefined }).map(({ group }) => group);
    expect(new Set(groups)).toEqual(new Set(["workers", "workspace"]));
  });

  test("say how a Worker is, and that it has news", () => {
    const { page, context } = offered();
    const note = () => commandsOf(context).find(({ label }) => label === "Release notes")?.note;
    expect(note()).toBe(en.workerStatus("idle"));
    page.unread.value = new Set(["r/w2"]);
    expect(note()).toBe(en.newAnswer);
  });

  test("for words that match nothing are none", () => {
    expect(offersFor(offered().commands, "xyzzy")).toEqual([]);
    expect(words.palette.none("xyzzy")).toBe("Nothing here is called “xyzzy”.");
  });
});

describe("keyCommandOf()", () => {
  const none = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };
  const press = (key: string, change: Partial<typeof none> = {}, isMac = false, fieldText?: string) =>
    keyCommandOf({ key, ...none, ...change }, { isMac, fieldText });

  test("Ctrl+K opens the palette, on a Mac ⌘K", () => {
    const palette = { kind: "open", tool: "palette" };
    expect(press("k", { ctrlKey: true })).toEqual(palette);
    expect(press("K", { ctrlKey: true }, false, "a draft")).toEqual(palette);
    expect(press("k", { metaKey: true }, true)).toEqual(palette);
    expect(press("k", { ctrlKey: true }, true)).toBeUndefined();
    expect(press("k", { ctrlKey: true, altKey: true })).toBeUndefined();
  });

  test("Alt+↑ and Alt+↓ step through Workers, but not within a text on a Mac", () => {
    expect(press("ArrowDown", { altKey: true }, false, "a draft")).toEqual({ kind: "step", by: 1 });
    expect(press("ArrowUp", { altKey: true }, true, "")).toEqual({ kind: "step", by: -1 });
    expect(press("ArrowUp", { altKey: true }, true, "a draft")).toBeUndefined();
    expect(press("ArrowUp", { altKey: true, shiftKey: true })).toBeUndefined();
    expect(press("ArrowUp")).toBeUndefined();
  });

  test("a question mark and a slash are text within a field", () => {
    expect(press("?", { shiftKey: true })).toEqual({ kind: "open", tool: "shortcuts" });
    expect(press("/")).toEqual({ kind: "open", tool: "search" });
    expect(press("?", { shiftKey: true }, false, "")).toBeUndefined();
    expect(press("/", {}, false, "")).toBeUndefined();
  });
});
