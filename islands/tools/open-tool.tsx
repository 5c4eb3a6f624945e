/**
 * Opening what stands above the page. Owns the root that it is drawn into and who is loaded for it: every tool is a file
 * of its own, with its words, that a page asks for when a person does.
 */
import { render, type ComponentChild, type ComponentChildren, type FunctionComponent } from "preact";
import type { Locale } from "../console-data.ts";
import { loadToolMessages } from "../load-messages.ts";
import { ToolContext } from "./tool-context.ts";
import type { Tool } from "./tool.ts";

/** What every tool is given. */
export interface ToolProps {
  readonly tool: Tool;
  readonly open: (tool: Tool) => void;
  readonly close: () => void;
}

export interface ToolHost {
  readonly locale: Locale;
  /** Loads what may fail to load. */
  readonly load: <Loaded>(what: () => Promise<Loaded>) => Promise<Loaded>;
  /** Puts a component into the page's context. */
  readonly within: (children: ComponentChildren) => ComponentChild;
}

/** Makes what opens a tool; the one that was open makes room for it. */
export function createToolOpener({ locale, load, within }: ToolHost): (tool: Tool) => void {
  let root: Element | null = null;
  let wanted: Tool | undefined;
  let opener: Element | null = null;

  const close = (tool: Tool) => {
    // A dialog tells of its own end late: another may be open by then.
    if (wanted !== tool) return;
    wanted = undefined;
    if (root) render(null, root);
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    opener = null;
  };

  const open = (tool: Tool) => {
    // A tool that follows another goes back to where the first was opened.
    if (wanted === undefined) opener = document.activeElement;
    wanted = tool;
    void load(() => Promise.all([loadTool(tool.kind), loadToolMessages(locale)])).then(([Component, messages]) => {
      if (wanted !== tool) return;
      root ??= document.getElementById("tools");
      if (!root) return;
      const child = <Component key={tool.kind} tool={tool} open={open} close={() => close(tool)} />;
      render(within(<ToolContext.Provider value={messages}>{child}</ToolContext.Provider>), root);
    });
  };
  return open;
}

async function loadTool(kind: Tool["kind"]): Promise<FunctionComponent<ToolProps>> {
  switch (kind) {
    case "palette":
      return (await import("../palette/palette.tsx")).Palette;
    case "shortcuts":
      return (await import("../palette/shortcut-sheet.tsx")).ShortcutSheet;
    case "search":
      return (await import("../search/search-dialog.tsx")).SearchDialog;
    case "settings":
      return (await import("../settings/settings-dialog.tsx")).SettingsDialog;
    case "import":
      return (await import("../workers/import-dialog.tsx")).ImportDialog;
    case "rename-worker":
      return (await import("../workers/rename-dialog.tsx")).RenameDialog;
    case "stop-worker":
      return (await import("../workers/stop-dialog.tsx")).StopDialog;
  }
}
