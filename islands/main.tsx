/**
 * The browser's entry: makes the console from the page's data, brings the islands alive over what the server rendered,
 * and keeps the link in step with the browser's own life (shown, hidden, online, restored).
 */
import { effect } from "@preact/signals";
import { hydrate, type ComponentType } from "preact";
import * as z from "zod/mini";
import { ComposerForm } from "./composer/composer-form.tsx";
import { CONSOLE_DATA_ID, parseConsoleData } from "./console-data.ts";
import { createConsole, type Console } from "./console.ts";
import { ConsoleContext } from "./context.ts";
import { loadIsland } from "./load-island.ts";
import { LinkStatus } from "./status/link-status.tsx";
import { systemClock } from "./store/clock.ts";
import { animationFrameScheduler } from "./store/frame-scheduler.ts";
import "./styles/main.css";
import { WorkerNav } from "./workers/worker-nav.tsx";

// Zod would otherwise try `new Function`, which a strict content security policy reports.
z.config({ jitless: true });

const json = document.getElementById(CONSOLE_DATA_ID)?.textContent;
if (json) start(json);

function start(json: string): void {
  const clock = systemClock();
  const page = createConsole(parseConsoleData(json), {
    clock,
    random: Math.random,
    scheduler: animationFrameScheduler(clock),
    fetch: (input, init) => fetch(input, init),
    WebSocket,
    pageUrl: location.href,
    storage: () => localStorage,
    isOnline: () => navigator.onLine,
    isVisible: () => document.visibilityState === "visible",
  });
  const field = document.querySelector<HTMLTextAreaElement>("#composer-input");
  const typed = field?.value ?? "";
  island("link-status", LinkStatus, page);
  island("workers-nav", WorkerNav, page);
  island("composer", ComposerForm, page);
  page.composer.restore(typed);
  page.isInteractive.value = true;
  page.connection.start();
  page.workers.start();
  listen(page);
  effect(() => void (document.title = titleOf(page)));
  effect(() => {
    // The list learns of an end as soon as this page does.
    if (page.conversation.run.value.state === "ended") void page.workers.refresh();
  });
  // The markdown reader is the largest part; what the server rendered stands meanwhile.
  void loadIsland({
    load: () => import("./transcript/transcript.tsx"),
    clock,
    isOnline: () => navigator.onLine,
    storage: () => sessionStorage,
    renewPage() {
      page.composer.save();
      location.reload();
    },
  }).then(({ Transcript }) => island("transcript", Transcript, page));
}

function island(id: string, Component: ComponentType, page: Console): void {
  const root = document.getElementById(id);
  if (!root) return;
  hydrate(
    <ConsoleContext.Provider value={page}>
      <Component />
    </ConsoleContext.Provider>,
    root,
  );
  root.dataset["hydrated"] = "";
}

function titleOf(page: Console): string {
  return `${page.isRunning.value ? "● " : ""}${page.label.value} · ${page.data.workspaceName}`;
}

function listen(page: Console): void {
  const { connection, composer, drafts, workers } = page;
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") return composer.save();
    connection.checkLiveness();
    void workers.refresh();
  });
  addEventListener("pageshow", () => connection.checkLiveness());
  addEventListener("pagehide", () => composer.save());
  addEventListener("online", () => connection.networkChanged());
  addEventListener("offline", () => connection.networkChanged());
  addEventListener("storage", (event) => {
    const next = drafts.changed(event);
    const previous = drafts.changed({ key: event.key, newValue: event.oldValue });
    if (next && previous) composer.adopt(next, previous.text);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    const open = document.querySelector<HTMLDetailsElement>("details.link[open]");
    if (open) open.open = false;
    else if (!document.querySelector(":popover-open")) void composer.cancelRun();
  });
}
