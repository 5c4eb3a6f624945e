// @vitest-environment happy-dom
/** What a person reads of Runtimes: the sidebar's groups, the link to one that is away, the page without a conversation. */
import ReconnectingWebSocket from "partysocket/ws";
import { hydrate, type ComponentChild } from "preact";
import { act } from "preact/test-utils";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ComposerForm } from "../../islands/composer/composer-form.tsx";
import { parseAwayData, type AwayData, type ConsoleData } from "../../islands/console-data.ts";
import { createConsole, type Console } from "../../islands/console.ts";
import { ConsoleContext } from "../../islands/context.ts";
import { renderEnvironment, type Environment } from "../../islands/environment.ts";
import { loadMessages } from "../../islands/load-messages.ts";
import { messagesFor } from "../../islands/messages.ts";
import { en } from "../../islands/messages-en.ts";
import { LinkStatus } from "../../islands/status/link-status.tsx";
import { TranscriptIsland } from "../../islands/transcript/transcript-island.tsx";
import { WorkerNav } from "../../islands/workers/worker-nav.tsx";
import type { Event } from "../../protocol/event.ts";
import { closeCodeOf } from "../../protocol/problem.ts";
import { renderAwayPage, renderConsolePage } from "../../routes/pages.tsx";
import { consoleData } from "../support/console-data.ts";
import { fakeWebSockets } from "../support/fake-web-socket.ts";
import { listedRuntime } from "../support/listed-runtime.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const SEEN_AT = "2026-11-21T05:03:00.000Z";
const home = listedRuntime("r", "Home");
const away = listedRuntime("lab", "Lab", "runtime_refused", SEEN_AT);
const assets = { scripts: [], styles: [] };

function show(data: ConsoleData, Component: () => ComponentChild, environment: Environment = renderEnvironment()) {
  const page = createConsole(data, environment, messagesFor(data.locale));
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const tree = (
    <ConsoleContext.Provider value={page}>
      <Component />
    </ConsoleContext.Provider>
  );
  void act(() => hydrate(tree, root));
  void act(() => void (page.isInteractive.value = true));
  return { page, root };
}

/** A page whose link is open, and what the server says on it. */
async function linked(Component: () => ComponentChild) {
  const fake = fakeWebSockets();
  const { page, root } = show(consoleData(), Component, { ...renderEnvironment(), WebSocket: fake.WebSocket });
  page.connection.start(ReconnectingWebSocket);
  await vi.waitFor(() => expect(fake.sockets).toHaveLength(1));
  void act(() => fake.newest().open());
  const say = (frame: object) => void act(() => fake.newest().frame(frame));
  const beat = (upstream?: object) =>
    say({ kind: "heartbeat", ts: 1, interval_ms: 60_000, cursor: "bo_0", ...(upstream ? { upstream } : {}) });
  return { page, root, say, beat, end: (code: number) => void act(() => fake.newest().end(code)) };
}

function streamInto(page: Console): void {
  const payload = { event: "text_delta", data: { text: "Once **upon" } };
  void act(() => page.conversation.receive({ ...page.ref, cursor: page.data.cursor, event_id: "e1", ts: 3, payload }));
}

describe("the sidebar", () => {
  test("says nothing of the only Runtime while it runs", () => {
    const { root } = show(consoleData({ runtimes: [home] }), WorkerNav);
    expect(root.querySelector("h3")).toBeNull();
    expect(root.textContent).toBe("WorkersCompanionIdle");
    const buttons = [...root.querySelectorAll("button")].map((button) => button.getAttribute("aria-label"));
    expect(buttons).toEqual(["Import a conversation", "New Worker"]);
  });

  test("has each of several under its name, with its state", () => {
    const { root } = show(consoleData({ runtimes: [home, away] }), WorkerNav);
    const sections = [...root.querySelectorAll("section")];
    expect(sections.map((section) => section.querySelector("h3")?.textContent)).toEqual(["Home", "Lab"]);
    expect(sections[0]?.textContent).toBe("HomeRunningCompanionIdle");
    expect(sections[1]?.textContent).toContain("Unavailable since ");
    expect(sections[1]?.querySelector("time")?.dateTime).toBe(SEEN_AT);
    expect(sections[1]?.textContent).toContain("Nothing answers where the Runtime should be.");
  });

  test("a Runtime that is away makes no Worker, and its button says why", () => {
    const { page, root } = show(consoleData({ runtimes: [home, away] }), WorkerNav);
    const create = vi.spyOn(page.workers, "create").mockResolvedValue(undefined);
    const button = (name: string) => root.querySelector<HTMLButtonElement>(`button[aria-label="${name}"]`)!;
    const refused = button("New Worker on Lab");
    expect(refused.getAttribute("aria-disabled")).toBe("true");
    expect(refused.disabled).toBe(false);
    const reason = document.getElementById(refused.getAttribute("aria-describedby") ?? "");
    expect(reason?.textContent).toBe("Nothing answers where the Runtime should be.");
    refused.click();
    expect(create).not.toHaveBeenCalled();
    button("New Worker on Home").click();
    expect(create).toHaveBeenCalledExactlyOnceWith("r", "Worker 2");
  });

  test("speaks Japanese", () => {
    const { root } = show(consoleData({ locale: "ja", runtimes: [home, away] }), WorkerNav);
    expect(root.textContent).toContain("Runtime があるはずの場所から応答がありません。");
    expect(root.querySelector('button[aria-label="Home に新しい Worker"]')).not.toBeNull();
  });
});

const StatusAndBox = () => (
  <>
    <LinkStatus />
    <ComposerForm />
  </>
);

describe("a Runtime that is away from the server", () => {
  test("is told beside the message box and in the status, until it is back", async () => {
    const { root, beat } = await linked(StatusAndBox);
    beat();
    expect(root.querySelector("[data-testid=upstream-note]")).toBeNull();
    beat({ problem: "runtime_refused", since_ts: Date.parse(SEEN_AT) });
    const note = root.querySelector("[data-testid=upstream-note]")?.textContent;
    expect(note).toMatch(/^The Runtime can't be reached since \d\d:\d\d:00; the page is connected to the server\. /);
    expect(note).toContain("Nothing answers where the Runtime should be.");
    expect(root.querySelector("[data-testid=link-state]")?.textContent).toBe("Waiting for the Runtime");
    expect(root.querySelector("[data-testid=announcer]")?.textContent).toBe(en.announce.runtimeLost);
    beat();
    expect(root.querySelector("[data-testid=upstream-note]")).toBeNull();
    expect(root.querySelector("[data-testid=announcer]")?.textContent).toBe(en.announce.runtimeBack);
  });

  test("is spoken together with the run that ended before it", async () => {
    const { page, root, beat } = await linked(StatusAndBox);
    beat();
    const receive = (event_id: string, payload: Event) =>
      page.conversation.receive({ ...page.ref, cursor: page.data.cursor, event_id, ts: 3, payload });
    void act(() => receive("e1", { event: "status", data: { status: "running" } }));
    void act(() => {
      receive("e2", { event: "run_end", data: { result: "finished" } });
      beat({ problem: "runtime_refused", since_ts: Date.parse(SEEN_AT) });
    });
    const { finished, runtimeLost } = en.announce;
    expect(root.querySelector("[data-testid=announcer]")?.textContent).toBe(`${finished} ${runtimeLost}`);
  });

  test("tells beside its state why the server has ended the link", async () => {
    const { page, root, say, beat, end } = await linked(LinkStatus);
    beat();
    say({ kind: "diagnostic", diagnostic: { code: "backend.x", message: "…", problem: "shutting_down" } });
    end(closeCodeOf("shutting_down"));
    expect(root.querySelector(".popover-panel p")?.textContent).toBe("The server is shutting down.");
    page.connection.stop();
  });

  test("leaves no answer behind that looks as if it were still being written, when it is gone for good", async () => {
    const { page, root, say, beat, end } = await linked(TranscriptIsland);
    beat();
    streamInto(page);
    const answer = root.querySelector("article.answer");
    expect(answer?.getAttribute("aria-busy")).toBe("true");
    say({ kind: "diagnostic", diagnostic: { code: "backend.x", message: "…", problem: "worker_not_found" } });
    end(closeCodeOf("worker_not_found"));
    expect(root.querySelector("article.answer")).toBe(answer);
    expect(answer?.hasAttribute("aria-busy")).toBe(false);
    expect(root.querySelector("[data-streaming]")).toBeNull();
    expect(answer?.querySelector("strong")?.textContent).toBe("upon");
  });
});

test("a link that is lost is told beside the message box once that lasts, however long ago something came", async () => {
  const { page, root, beat, end } = await linked(ComposerForm);
  const note = () => root.querySelector("[data-testid=stale-note]")?.textContent;
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  beat();
  vi.advanceTimersByTime(9_000);
  end(1006);
  expect(note()).toBeUndefined();
  void act(() => void vi.advanceTimersByTime(3_000));
  expect(note()).toMatch(/As of \d\d:\d\d:\d\d/);
  page.connection.stop();
});

describe("renderAwayPage()", () => {
  const { snapshot: _snapshot, cursor: _cursor, ...frame } = consoleData({ runtimes: [home, away] });
  const problem = { code: "runtime_refused", status: 502, title: "…", detail: "It may not be running." };
  const data: AwayData = { ...frame, problem };

  test("has the list, the reason, a way to retry and one home", () => {
    const page = new DOMParser().parseFromString(renderAwayPage(data, assets), "text/html");
    expect(page.querySelector("nav")?.textContent).toContain("Companion");
    expect(page.querySelector("main h2")?.textContent).toBe("Nothing answers where the Runtime should be.");
    const ways = [...page.querySelectorAll("main a")].map((link) => [link.textContent, link.getAttribute("href")]);
    expect(ways).toEqual([
      ["Try again", "/runtimes/r/workers/w"],
      ["Go to the workspace", "/"],
    ]);
    expect(parseAwayData(page.querySelector("#away-data")?.textContent ?? "")).toEqual(data);
  });

  test("offers no retry for what stays as it is, and no English beside Japanese", () => {
    const missing = { ...problem, code: "worker_not_found", status: 404 };
    const html = renderAwayPage({ ...data, locale: "ja", problem: missing }, assets);
    expect(html).not.toContain("もう一度試す");
    expect(html).not.toContain("<p>It may not be running.</p>");
    expect(html).toContain("<h2>この Worker は存在しません。</h2>");
  });
});

test.each(["en", "ja"] as const)(
  "loadMessages() gives the words that the server renders with in %s",
  async (locale) => {
    expect(await loadMessages(locale)).toBe(messagesFor(locale));
    const html = renderConsolePage(consoleData({ locale }), assets);
    expect(html).toContain(messagesFor(locale).composerPlaceholder);
  },
);
