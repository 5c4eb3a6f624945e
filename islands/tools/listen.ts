/**
 * How a person reaches what stands above the page: buttons by their `data-tool`, keys, and the keys that step through
 * Workers. Owns the listeners; what is opened, and how, is `open-tool.tsx`.
 */
import type { Frame } from "../frame.ts";
import { followTheme, renewChoices } from "../settings/choose.ts";
import { workerKey } from "../store/worker-list.ts";
import { isMac } from "./is-mac.ts";
import { fieldTextOf, keyCommandOf, type Tool } from "./tool.ts";

/** Survives the way to the next page: whoever writes goes on writing there. */
const FOCUS_KEY = "yoi.focus";

export function listenForTools(frame: Frame, open: (tool: Tool) => void, hasConversation: boolean): void {
  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element ? target.closest<HTMLElement>("[data-tool]") : null;
    const kind = button?.dataset["tool"];
    if (kind === "palette" || kind === "search" || kind === "settings" || kind === "import") open({ kind });
    if (kind === "stop-worker" || kind === "rename-worker") open({ kind, target: frame.ref });
    button?.closest<HTMLElement>(":popover-open")?.hidePopover();
  });
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat || frame.ime.owns(event) || document.querySelector("dialog[open]"))
      return;
    const command = keyCommandOf(event, { isMac: isMac(), fieldText: fieldTextOf(document.activeElement) });
    if (command === undefined || (command.kind === "open" && command.tool === "search" && !hasConversation)) return;
    event.preventDefault();
    if (command.kind === "open") open({ kind: command.tool });
    else stepTo(frame, command.by);
  });
  // The server does not know the keyboard.
  if (isMac()) for (const key of document.querySelectorAll(".tool-button kbd")) key.textContent = "⌘ K";
  renewChoices(frame);
  // Whoever opens the settings in another tab chooses for this one too.
  followTheme(frame);
  if (rememberedFocus()) document.getElementById("composer-input")?.focus();
}

/** Goes to the Worker before or after this one in the list, round its ends. */
function stepTo({ workers, paths, ref }: Frame, by: 1 | -1): void {
  const all = workers.groups.peek().flatMap((group) => group.workers.map(({ worker }) => worker));
  const own = all.findIndex((worker) => workerKey(worker) === workerKey(ref));
  const next = all[(own + by + all.length) % all.length];
  if (next === undefined || all.length < 2) return;
  try {
    if (document.activeElement?.id === "composer-input") sessionStorage.setItem(FOCUS_KEY, "1");
  } catch {
    // Without a memory the focus begins at the top, as on any page.
  }
  location.assign(paths.workerPage(next));
}

function rememberedFocus(): boolean {
  try {
    const isWanted = sessionStorage.getItem(FOCUS_KEY) !== null;
    sessionStorage.removeItem(FOCUS_KEY);
    return isWanted;
  } catch {
    return false;
  }
}
