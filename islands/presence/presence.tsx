/**
 * What the console tells somebody who looks elsewhere: the tab's title and icon, marks at other Workers, a notification.
 * Loaded once the page has come alive, together with the menu of the conversation.
 */
import { computed, effect, signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import type { Console } from "../console.ts";
import type { Environment } from "../environment.ts";
import { faviconOf } from "../favicon.ts";
import type { Frame } from "../frame.ts";
import type { ToolMessages } from "../messages-tools.ts";
import { notificationPermission } from "../settings/notification-permission.ts";
import { ConversationMenu } from "../status/conversation-menu.tsx";
import { workerKey, type ListedWorker } from "../store/worker-list.ts";
import { ToolContext } from "../tools/tool-context.ts";
import { NO_MEMORY, stepTab, titleOf } from "./tab-state.ts";
import { Unread, type Sight } from "./unread.ts";

/**
 * Keeps the marks at Workers, on every page. Returns whether the page is looked at.
 *
 * @param own Key of the Worker whose conversation the page shows; one that can't be shown is like any other.
 */
export function followWorkers(frame: Frame, environment: Environment, own?: string) {
  const { workers, unread } = frame;
  const marks = new Unread(environment.storage);
  const isLookedAt = signal(environment.isVisible());
  document.addEventListener("visibilitychange", () => (isLookedAt.value = environment.isVisible()));
  addEventListener("storage", (event) => marks.adopt(event));
  effect(() => void (unread.value = marks.keys.value));
  effect(() => {
    const others = workers.workers.value.filter(
      ({ worker, isUnreachable }) => workerKey(worker) !== own && !isUnreachable,
    );
    marks.note(others.map((listed) => ({ ...sightOf(listed), isLookedAt: false })));
  });
  if (own === undefined) return isLookedAt;
  const listedOwn = computed(() => workers.workers.value.find(({ worker }) => workerKey(worker) === own));
  let outdated: ListedWorker | undefined;
  effect(() => {
    const listed = listedOwn.value;
    const isAtWork = frame.isRunning.value;
    // What this page sees of its own Worker is newer than the list, whose count is from before the run's end.
    if (isAtWork || listed?.isUnreachable) outdated = listed;
    const lines = listed && listed !== outdated ? sightOf(listed).lines : undefined;
    marks.note([{ key: own, isAtWork, lines, isLookedAt: isLookedAt.value }]);
  });
  return isLookedAt;
}

/** What the list tells of a Worker. Its count is that of a run's end only once the run is over. */
function sightOf({ worker }: ListedWorker): Omit<Sight, "isLookedAt"> {
  const isAtWork = worker.status === "running";
  return { key: workerKey(worker), isAtWork, lines: isAtWork ? undefined : worker.transcript_len };
}

/** Follows the Worker of a console. */
export function followRuns(page: Console, environment: Environment, words: ToolMessages): void {
  const isLookedAt = followWorkers(page, environment, workerKey(page.ref));
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  const heading = document.querySelector("header h1");
  let memory = NO_MEMORY;
  effect(() => {
    const step = stepTab(memory, page.conversation.run.value, page.isRunning.value, isLookedAt.value);
    memory = step.memory;
    // The heading is the server's; a new name is the page's own news.
    if (heading && heading.textContent !== page.label.value) heading.textContent = page.label.value;
    document.title = titleOf(step.state, page.label.value, page.data.workspaceName);
    const href = faviconOf(step.state);
    if (icon && icon.getAttribute("href") !== href) icon.setAttribute("href", href);
    if (step.news && page.preferences.notify.peek()) notify(page, words.notification[step.news]);
  });
}

/** The menu with its words. */
export function conversationMenu(words: ToolMessages): ComponentChild {
  return (
    <ToolContext.Provider value={words}>
      <ConversationMenu />
    </ToolContext.Provider>
  );
}

function notify(page: Console, body: string): void {
  if (notificationPermission() !== "granted") return;
  try {
    // One per Worker: a newer end takes the place of an older one.
    const shown = new Notification(page.label.peek(), { body, tag: workerKey(page.ref), icon: faviconOf("finished") });
    shown.addEventListener("click", () => {
      globalThis.focus();
      shown.close();
    });
  } catch {
    // Some phones have the name and no way to use it: the tab's mark says the same.
  }
}
