// @vitest-environment happy-dom
/** The page: what the server renders can be read, its data survives the HTML, and the browser takes it over as it is. */
import { hydrate, type ComponentChild } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ComposerForm } from "../../islands/composer/composer-form.tsx";
import { encodeConsoleData, parseConsoleData, type ConsoleData } from "../../islands/console-data.ts";
import { createConsole, type Console } from "../../islands/console.ts";
import { ConsoleContext } from "../../islands/context.ts";
import { renderEnvironment } from "../../islands/environment.ts";
import { en } from "../../islands/messages-en.ts";
import { LinkStatus } from "../../islands/status/link-status.tsx";
import { Markdown } from "../../islands/markdown/markdown.tsx";
import { TranscriptIsland } from "../../islands/transcript/transcript-island.tsx";
import type { LogEntry } from "../../protocol/entry.ts";
import { ProblemError, problemBody } from "../../protocol/problem.ts";
import { renderConsolePage, renderErrorPage } from "../../routes/pages.tsx";
import { consoleData } from "../support/console-data.ts";

const assets = { scripts: ["/assets/main.js"], styles: ["/assets/main.css"] };
const said = (text: string): LogEntry => ({ kind: "user_input", ts: 1, segments: [{ kind: "text", content: text }] });
const answered = (text: string): LogEntry => ({
  kind: "assistant_item",
  ts: 2,
  item: { kind: "message", role: "assistant", content: [{ kind: "text", text }] },
});

function dataWith(entries: LogEntry[], change: Partial<ConsoleData> = {}): ConsoleData {
  const data = consoleData(change);
  return { ...data, snapshot: { ...data.snapshot, entries } };
}

/** Runs what changes the screen, and brings the screen up to date before it returns. */
function render(change: () => void): void {
  void act(change);
}

function show(page: Console, Component: () => ComponentChild) {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  render(() =>
    hydrate(
      <ConsoleContext.Provider value={page}>
        <Component />
      </ConsoleContext.Provider>,
      root,
    ),
  );
  return root;
}

/** Does to a page what a browser's translator does: elements of its own take the place of texts. */
function translate(element: Element): void {
  if (element.classList.contains("notranslate")) return;
  for (const node of Array.from(element.childNodes)) {
    if (node instanceof Element) translate(node);
    else if (node instanceof Text) {
      const translated = document.createElement("font");
      translated.textContent = node.data.toUpperCase();
      node.replaceWith(translated);
    }
  }
}

afterEach(() => vi.restoreAllMocks());

describe("renderConsolePage()", () => {
  test("is a document in the page's language with the conversation in it", () => {
    const html = renderConsolePage(
      dataWith([said("こんばんは"), answered("**ようこそ**")], { locale: "ja" }),
      assets,
      Markdown,
    );
    expect(html.startsWith('<!doctype html><html lang="ja">')).toBe(true);
    expect(html).toContain("こんばんは");
    expect(html).toContain("<strong>ようこそ</strong>");
    expect(html).toContain("JavaScript を有効にしてください");
    expect(html).toContain('<script type="module" src="/assets/main.js"></script>');
  });

  test("a message at a time that no calendar has is shown without one", () => {
    const entry: LogEntry = { kind: "user_input", ts: 9e15, segments: [{ kind: "text", content: "from far away" }] };
    const html = renderConsolePage(dataWith([entry]), assets, Markdown);
    expect(html).toContain("from far away");
    expect(html).not.toContain("<time");
  });

  test("has no executable inline script, whatever was said", () => {
    const evil = "</script><script>alert(1)</script><!-- \u2028";
    const html = renderConsolePage(dataWith([said(evil), answered(evil)]), assets, Markdown);
    const inline = [...html.matchAll(/<script(?![^>]*\ssrc=)([^>]*)>/g)].map(([, attributes]) => attributes?.trim());
    expect(inline).toEqual(['type="application/json" id="console-data"']);
    expect(html).not.toMatch(/\son\w+=/);
    expect(html).not.toMatch(/\sstyle=/);
  });

  test("keeps translators from all that scripts change, and not from what was said", () => {
    const html = renderConsolePage(dataWith([said("hi"), answered("there")]), assets, Markdown);
    const page = new DOMParser().parseFromString(html, "text/html");
    for (const id of ["workers-nav", "link-status", "conversation-menu", "composer", "tools"]) {
      expect(page.querySelector(`.notranslate #${id}, .notranslate#${id}`), id).not.toBeNull();
    }
    expect(page.querySelectorAll("article")).toHaveLength(2);
    expect(page.querySelector(".notranslate article")).toBeNull();
  });

  test("offers older messages by a link that works without scripts", () => {
    const data = dataWith([said("new")]);
    const html = renderConsolePage({ ...data, snapshot: { ...data.snapshot, entries_start: 40 } }, assets, Markdown);
    expect(html).toContain('href="?before=40"');
  });

  test("an earlier page shows its entries and the way back", () => {
    const { selected } = consoleData();
    const earlier = { ...selected, entries_start: 3, entries_total: 9, oldest_kept: 0, entries: [said("long ago")] };
    const html = renderConsolePage(dataWith([said("new")], { earlier }), assets, Markdown);
    expect(html).toContain("long ago");
    expect(html).toContain('href="?before=3"');
    expect(html).toContain('href="/runtimes/r/workers/w"');
    expect(html).not.toContain('<div class="bubble">new</div>');
  });

  test("a failure has a page too", () => {
    const html = renderErrorPage(problemBody(new ProblemError("worker_not_found", "None here.")), assets, {
      base: "/",
      locale: "en",
      theme: "system",
    });
    expect(html).toContain("<h1>There is no such Worker.</h1>");
    expect(html).toContain("None here.");
  });
});

describe("the page's data", () => {
  test("survives the HTML whatever is in it", () => {
    const data = dataWith([said("</script> <!-- \u2028\u2029 & 宵"), { kind: "hologram", depth: { of: 3 } }]);
    const encoded = encodeConsoleData(data);
    expect(encoded).not.toMatch(/[<\u2028\u2029]/);
    expect(parseConsoleData(encoded)).toEqual(data);
  });
});

describe("the islands", () => {
  test("hydrate the server's elements instead of making their own", () => {
    const data = dataWith([said("hi"), answered("# One\n\nTwo")]);
    const root = document.createElement("div");
    const html = new DOMParser().parseFromString(
      renderConsolePage(data, { scripts: [], styles: [] }, Markdown),
      "text/html",
    );
    root.innerHTML = html.querySelector("#transcript")?.innerHTML ?? "";
    document.body.replaceChildren(root);
    const before = root.querySelector("article.answer");
    const markup = root.innerHTML;
    render(() =>
      hydrate(
        <ConsoleContext.Provider value={createConsole(data, renderEnvironment(), en)}>
          <TranscriptIsland />
        </ConsoleContext.Provider>,
        root,
      ),
    );
    expect(before).not.toBeNull();
    expect(root.querySelector("article.answer")).toBe(before);
    expect(root.innerHTML).toBe(markup);
  });

  test("an answer keeps its element when it is complete", () => {
    const page = createConsole(dataWith([said("hi")]), renderEnvironment(), en);
    const root = show(page, TranscriptIsland);
    const send = (position: number, payload: unknown) =>
      render(() =>
        page.conversation.receive({
          ...page.ref,
          cursor: page.data.cursor,
          event_id: `e${position}`,
          ts: 3,
          payload,
        }),
      );
    send(1, { event: "text_delta", data: { text: "Hello **wor" } });
    const streaming = root.querySelector("article.answer");
    expect(streaming?.querySelector(".markdown")?.hasAttribute("data-streaming")).toBe(true);
    send(2, { event: "text_delta", data: { text: "ld**" } });
    send(3, { event: "text_done", data: { text: "Hello **world**" } });
    expect(root.querySelector("article.answer")).toBe(streaming);
    expect(streaming?.querySelector("strong")?.textContent).toBe("world");
    expect(streaming?.querySelector(".markdown")?.hasAttribute("data-streaming")).toBe(false);
  });

  test("an answer goes on growing before the reader's eyes although the page is being translated", () => {
    const page = createConsole(dataWith([said("hi")]), renderEnvironment(), en);
    const root = show(page, TranscriptIsland);
    const send = (position: number, payload: unknown) =>
      render(() =>
        page.conversation.receive({ ...page.ref, cursor: page.data.cursor, event_id: `e${position}`, ts: 3, payload }),
      );
    send(1, { event: "text_delta", data: { text: "Hello" } });
    translate(root);
    expect(root.querySelector(".bubble")?.textContent).toBe("HI");
    send(2, { event: "text_delta", data: { text: ", world" } });
    expect(root.querySelector("article.answer .markdown")?.textContent).toContain("Hello, world");
    send(3, { event: "text_done", data: { text: "Hello, world!" } });
    expect(root.querySelector("article.answer .markdown")?.textContent).toContain("Hello, world!");
  });

  test("what cannot be understood is one quiet line that opens", () => {
    const page = createConsole(dataWith([{ kind: "hologram", depth: 3 }]), renderEnvironment(), en);
    const root = show(page, TranscriptIsland);
    expect(root.querySelector("details.line summary")?.textContent).toContain("hologram");
    expect(root.querySelector("details.line pre")?.textContent).toContain('"depth": 3');
  });

  test("a failure that stays while the conversation begins anew has one place, and that of its own", () => {
    const failed: LogEntry = { kind: "run_errored", ts: 2, interrupted: true, message: "429" };
    const page = createConsole(dataWith([said("hi"), failed]), renderEnvironment(), en);
    const root = show(page, TranscriptIsland);
    const item = (text: string) => ({ kind: "message", role: "assistant", content: [{ kind: "text", text }] });
    const entry = { kind: "segment_start", ts: 3, session_id: "s", config: {}, history: [item("one"), item("two")] };
    const payload = { event: "segment_rotated", data: { entry } };
    render(() => page.conversation.receive({ ...page.ref, cursor: page.data.cursor, event_id: "e1", ts: 3, payload }));
    const ids = [...root.querySelectorAll(".row")].map(({ id }) => id);
    expect(ids).toEqual(["entry-0", "entry-1", "entry-2"]);
    expect(root.querySelector("#entry-2 .failure")).not.toBeNull();
  });

  test("Enter sends, a confirming Enter does not, and the focus stays", async () => {
    const page = createConsole(consoleData(), renderEnvironment(), en);
    const submit = vi.spyOn(page.composer, "submit").mockResolvedValue(undefined);
    page.isInteractive.value = true;
    const root = show(page, ComposerForm);
    const field = root.querySelector("textarea");
    if (!field) throw new Error("Cannot find the message box");
    field.focus();
    render(() => page.composer.edit("今晩は"));
    const press = (change: KeyboardEventInit) =>
      field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...change }));
    press({ isComposing: true });
    press({ shiftKey: true });
    expect(submit).not.toHaveBeenCalled();
    press({});
    await Promise.resolve();
    expect(submit).toHaveBeenCalledTimes(1);
    expect(document.activeElement).toBe(field);
  });

  test("the live region speaks at boundaries only", () => {
    const page = createConsole(consoleData(), renderEnvironment(), en);
    const root = show(page, LinkStatus);
    const region = root.querySelector("[role=status]");
    const send = (position: number, payload: unknown) =>
      render(() =>
        page.conversation.receive({ ...page.ref, cursor: page.data.cursor, event_id: `e${position}`, ts: 3, payload }),
      );
    expect(region?.textContent).toBe("");
    send(1, { event: "user_message", data: { segments: [] } });
    expect(region?.textContent).toBe("The Worker is answering.");
    send(2, { event: "text_delta", data: { text: "secret words" } });
    expect(region?.textContent).toBe("The Worker is answering.");
    send(3, { event: "run_end", data: { result: "finished" } });
    expect(region?.textContent).toBe("The answer is complete.");
  });
});
