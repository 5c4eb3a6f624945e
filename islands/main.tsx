/**
 * The browser's entry: makes the console from the page's data, brings the islands alive over what the server rendered,
 * and keeps the link in step with the browser's own life (shown, hidden, online, restored).
 */
import { computed, effect } from "@preact/signals";
import { hydrate, type ComponentChild, type ComponentChildren } from "preact";
import { config } from "zod/mini";
import { ComposerForm } from "./composer/composer-form.tsx";
import { followIme } from "./composer/ime.ts";
import {
  AWAY_DATA_ID,
  CONSOLE_DATA_ID,
  parseAwayData,
  parseConsoleData,
  type AwayData,
  type ConsoleData,
} from "./console-data.ts";
import { createConsole, type Console } from "./console.ts";
import { ConsoleContext, FrameContext } from "./context.ts";
import type { Environment } from "./environment.ts";
import { createFrame, type Frame } from "./frame.ts";
import { loadIsland } from "./load-island.ts";
import { loadMessages, loadToolMessages } from "./load-messages.ts";
import type { Messages } from "./messages.ts";
import { systemClock } from "./store/clock.ts";
import { pacedScheduler } from "./store/frame-scheduler.ts";
import { isAway } from "./store/worker-list.ts";
import "./styles/main.css";

// Zod would otherwise try `new Function`, which a strict content security policy reports.
config({ jitless: true });

/** How soon a page without a conversation learns that the Runtime is back. */
const AWAY_POLL_MS = 5_000;

const clock = systemClock();
const environment: Environment = {
  clock,
  random: Math.random,
  scheduler: pacedScheduler(clock),
  fetch: (input, init) => fetch(input, init),
  WebSocket,
  pageUrl: location.href,
  storage: () => localStorage,
  isOnline: () => navigator.onLine,
  isVisible: () => document.visibilityState === "visible",
};

const json = document.getElementById(CONSOLE_DATA_ID)?.textContent;
const awayJson = document.getElementById(AWAY_DATA_ID)?.textContent;
if (json) void startWith(parseConsoleData(json), start);
else if (awayJson) void startWith(parseAwayData(awayJson), startAway);

/** Starts with the page's words, once they are there. */
async function startWith<Data extends ConsoleData | AwayData>(
  data: Data,
  run: (data: Data, messages: Messages) => void,
): Promise<void> {
  // Words that are at hand cost no turn: what is typed meanwhile is not missed either way.
  run(data, await load(() => loadMessages(data.locale)));
}

function load<Loaded>(what: () => Promise<Loaded>, save?: () => void): Promise<Loaded> {
  return loadIsland({
    load: what,
    clock,
    isOnline: environment.isOnline,
    storage: () => sessionStorage,
    renewPage() {
      save?.();
      location.reload();
    },
  });
}

function start(data: ConsoleData, messages: Messages): void {
  const page = createConsole(data, environment, messages);
  const field = document.querySelector<HTMLTextAreaElement>("#composer-input");
  const typed = field?.value ?? "";
  const within = (child: ComponentChildren) => <ConsoleContext.Provider value={page}>{child}</ConsoleContext.Provider>;
  const island = (id: string, child: ComponentChild) => bringAlive(id, within(child));
  island("composer", <ComposerForm />);
  page.composer.restore(typed);
  followPerson(page);
  page.isInteractive.value = true;
  listen(page);
  const loaded = load(() => import("./around.ts"), page.composer.save);
  const presence = load(() => Promise.all([import("./presence/presence.tsx"), loadToolMessages(data.locale)]));
  void loaded.then(async (around) => {
    island("link-status", <around.LinkStatus />);
    island("workers-nav", <around.WorkerNav />);
    // Nothing changes before what shows it has taken over what the server rendered.
    page.connection.start(around.ReconnectingWebSocket);
    page.workers.start();
    followNews(page);
    around.listenForTools(page, around.createToolOpener({ locale: data.locale, load, within }), true);
    const [{ followRuns, conversationMenu }, words] = await presence;
    followRuns(page, environment, words);
    island("conversation-menu", conversationMenu(words));
  });
  // The markdown reader is the largest part; what the server rendered stands meanwhile.
  void load(
    () => Promise.all([import("./transcript/transcript-island.tsx"), import("./composer/create-outbox.tsx")]),
    page.composer.save,
  ).then(([{ TranscriptIsland }, { createOutbox }]) => {
    // What the server rendered is taken over as it is; where more has come since, it makes room.
    if (page.conversation.counters.peek().received > 0) document.getElementById("transcript")?.replaceChildren();
    island("transcript", <TranscriptIsland />);
    page.outbox.value = createOutbox(page, environment.storage);
  });
  if (data.demo) {
    void load(() => import("./tour/start-tour.tsx")).then(({ startTour }) => startTour(page, environment.fetch));
  }
}

/** A page whose Worker can't be shown: its list lives, and it opens by itself when the Runtime is back. */
function startAway(data: AwayData, messages: Messages): void {
  const page: Frame = createFrame(data, environment, messages);
  const { workers, ref } = page;
  const within = (child: ComponentChildren) => <FrameContext.Provider value={page}>{child}</FrameContext.Provider>;
  const island = (id: string, child: ComponentChild) => bringAlive(id, within(child));
  const presence = load(() => import("./presence/presence.tsx"));
  void load(() => import("./around.ts")).then(async (around) => {
    island("workers-nav", <around.WorkerNav />);
    island("away-notice", <around.AwayNotice data={data} />);
    workers.start(AWAY_POLL_MS);
    around.listenForTools(page, around.createToolOpener({ locale: data.locale, load, within }), false);
    (await presence).followWorkers(page, environment);
  });
  followPerson(page);
  page.isInteractive.value = true;
  document.addEventListener("visibilitychange", () => void workers.refresh());
  let wasAway = false;
  effect(() => {
    const isNowAway = isAway(workers.runtimes.value, ref.runtime_id);
    if (wasAway && !isNowAway) location.reload();
    wasAway = isNowAway;
  });
}

function bringAlive(id: string, island: ComponentChild): void {
  const root = document.getElementById(id);
  if (!root) return;
  hydrate(island, root);
  root.dataset["hydrated"] = "";
}

/** What a person has chosen holds from now on, in every tab; and whose a key is, is known in every field. */
function followPerson({ preferences, ime }: Frame): void {
  followIme(ime, document);
  preferences.restore();
  addEventListener("storage", (event) => preferences.adopt(event));
}

/** The list learns of an end, and of a Runtime that goes or comes, as soon as this page does. */
function followNews({ connection, conversation, workers }: Console): void {
  let wasWaiting = false;
  const link = computed(() => connection.state.value.kind);
  effect(() => {
    const isNews = conversation.run.value.state === "ended" || link.value === "waiting";
    if (isNews || wasWaiting) void workers.refresh();
    wasWaiting = link.value === "waiting";
  });
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
    if (event.key !== "Escape" || event.defaultPrevented || page.ime.owns(event)) return;
    const open = document.querySelector<HTMLDetailsElement>("details.link[open]");
    if (open) open.open = false;
    else if (page.takesInput.peek() && !document.querySelector(":popover-open, dialog[open]"))
      void composer.cancelRun();
  });
}
