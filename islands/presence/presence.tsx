/**
 * What the console tells somebody who looks elsewhere: the tab's title and icon, marks at other Workers, a notification.
 * Loaded once the page has come alive, together with the menu of the conversation.
 */
import { effect, signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import type { Console } from "../console.ts";
import type { Environment } from "../environment.ts";
import { faviconOf } from "../favicon.ts";
import type { Frame } from "../frame.ts";
import type { ToolMessages } from "../messages-tools.ts";
import { notificationPermission } from "../settings/notification-permission.ts";
import { ConversationMenu } from "../status/conversation-menu.tsx";
import { workerKey } from "../store/worker-list.ts";
import { ToolContext } from "../tools/tool-context.ts";
import { NO_MEMORY, stepTab, titleOf } from "./tab-state.ts";
import { Unread } from "./unread.ts";

/** Keeps the marks at Workers, on every page. Returns whether the page is looked at. */
export function followWorkers(frame: Frame, environment: Environment) {
  const { ref, workers, unread } = frame;
  const marks = new Unread(environment.storage);
  const own = workerKey(ref);
  const isLookedAt = signal(environment.isVisible());
  document.addEventListener("visibilitychange", () => (isLookedAt.value = environment.isVisible()));
  addEventListener("storage", (event) => marks.adopt(event));
  effect(() => void (unread.value = marks.keys.value));
  effect(() => {
    for (const { worker, isUnreachable } of workers.workers.value) {
      const key = workerKey(worker);
      if (key !== own && !isUnreachable) marks.note(key, worker.status === "running", false);
    }
  });
  // What this page sees of its own Worker is newer than the list.
  effect(() => marks.note(own, frame.isRunning.value, isLookedAt.value));
  return isLookedAt;
}

/** Follows the Worker of a console. */
export function followRuns(page: Console, environment: Environment, words: ToolMessages): void {
  const isLookedAt = followWorkers(page, environment);
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
