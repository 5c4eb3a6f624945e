/**
 * What the palette offers: Workers to go to and things to do, with the words by which they are found. Owns the list and its
 * order for a query; the palette draws it, and does what was chosen.
 */
import type { Console } from "../console.ts";
import type { Locale } from "../console-data.ts";
import type { Frame } from "../frame.ts";
import type { ToolMessages } from "../messages-tools.ts";
import { choose } from "../settings/choose.ts";
import { workerKey } from "../store/worker-list.ts";
import type { Theme } from "../theme.ts";
import type { Tool } from "../tools/tool.ts";
import { fuzzyMatch, type Match } from "./fuzzy.ts";

export interface Command {
  readonly id: string;
  readonly group: "workers" | "conversation" | "workspace";
  readonly label: string;
  /** What stands behind the label: a Worker's state, a key. */
  readonly note?: string;
  /** Words that find it too, e.g. its English name where the page speaks another language. */
  readonly aliases?: string;
  /** Whether a Worker or a Runtime is told something, which not everybody may. */
  readonly isTold?: true;
  readonly run: () => void;
}

export interface Offer {
  readonly command: Command;
  readonly match: Match;
}

export interface CommandContext {
  readonly frame: Frame;
  /** Absent on a page without a conversation. */
  readonly page: Console | undefined;
  readonly words: ToolMessages;
  readonly open: (tool: Tool) => void;
  readonly goTo: (path: string) => void;
  readonly download: (path: string) => void;
}

const THEMES: readonly Theme[] = ["system", "light", "dark"];
const LANGUAGES: readonly (Locale | "system")[] = ["system", "en", "ja"];
/** A query finds at most so many; nobody reads more. */
const MAX_OFFERS = 50;

/** Everything that can be done now. */
export function commandsOf(context: CommandContext): readonly Command[] {
  const all = allCommands(context);
  return context.frame.isReadOnly.peek() ? all.filter(({ isTold }) => isTold !== true) : all;
}

function allCommands(context: CommandContext): readonly Command[] {
  const ofWorkers = workerCommands(context);
  return [
    ...ofWorkers.filter(({ group }) => group === "workers"),
    ...conversationCommands(context),
    ...workspaceCommands(context),
    ...ofWorkers.filter(({ group }) => group === "workspace"),
  ];
}

/** What matches the query, the best first; with nothing typed, all of it in its own order. */
export function offersFor(commands: readonly Command[], query: string): readonly Offer[] {
  const offers = commands.flatMap((command): Offer[] => {
    const match = fuzzyMatch(query, command.label);
    if (match) return [{ command, match }];
    const alias = fuzzyMatch(query, command.aliases ?? "");
    // An alias is not shown, so nothing of the label is marked.
    return alias ? [{ command, match: { score: alias.score - 20, ranges: [] } }] : [];
  });
  return offers.toSorted((one, other) => other.match.score - one.match.score).slice(0, MAX_OFFERS);
}

function workerCommands({ frame, words, goTo, open }: CommandContext): readonly Command[] {
  const { workers, paths, messages, ref, unread } = frame;
  const groups = workers.groups.peek();
  return groups.flatMap((group) =>
    group.workers.flatMap(({ worker, isUnreachable }): Command[] => {
      const key = workerKey(worker);
      const isShown = key === workerKey(ref);
      const status = isUnreachable ? "unreachable" : worker.status;
      const facts = [
        unread.peek().has(key) ? messages.newAnswer : messages.workerStatus(status),
        ...(groups.length > 1 ? [group.label] : []),
      ];
      const target = { runtime_id: worker.runtime_id, worker_id: worker.worker_id };
      const visit: Command = {
        id: `worker-${key}`,
        group: "workers",
        label: worker.label,
        note: facts.join(" · "),
        aliases: worker.worker_id,
        run: () => goTo(paths.workerPage(worker)),
      };
      const stop: Command = {
        id: `stop-${key}`,
        group: "workspace",
        label: words.palette.stopWorker(worker.label),
        aliases: "stop end worker",
        isTold: true,
        run: () => open({ kind: "stop-worker", target }),
      };
      return [...(isShown ? [] : [visit]), ...(worker.capabilities.can_stop && !isUnreachable ? [stop] : [])];
    }),
  );
}

function conversationCommands({ frame, page, words, open, download }: CommandContext): readonly Command[] {
  if (page === undefined) return [];
  const { palette, menu } = words;
  const { paths, ref } = frame;
  const group = "conversation";
  return [
    ...(page.isRunning.peek()
      ? [
          {
            id: "stop-answer",
            group,
            label: palette.stopAnswer,
            note: "Esc",
            aliases: "stop cancel answer",
            isTold: true,
            run: () => void page.composer.cancelRun(),
          } as const,
        ]
      : []),
    {
      id: "write",
      group,
      label: palette.writeMessage,
      aliases: "write message compose",
      isTold: true,
      run: () => document.getElementById("composer-input")?.focus(),
    },
    {
      id: "search",
      group,
      label: palette.search,
      note: "/",
      aliases: "search find",
      run: () => open({ kind: "search" }),
    },
    {
      id: "rename",
      group,
      label: menu.renameWorker,
      aliases: "rename name worker",
      isTold: true,
      run: () => open({ kind: "rename-worker", target: ref }),
    },
    ...(["markdown", "json"] as const).map((format): Command => ({
      id: `export-${format}`,
      group,
      label: format === "markdown" ? menu.exportMarkdown : menu.exportJson,
      aliases: `export download save ${format}`,
      run: () => download(paths.exportOf(ref, format)),
    })),
  ];
}

function workspaceCommands({ frame, words, open, goTo }: CommandContext): readonly Command[] {
  const { palette } = words;
  const { workers, paths, messages } = frame;
  const group = "workspace";
  const groups = workers.groups.peek();
  const count = groups.reduce((sum, each) => sum + each.workers.length, 0);
  const makers = groups.filter(({ runtime }) => runtime?.capabilities.can_spawn_worker !== false);
  return [
    ...makers.map(({ runtimeId, label }): Command => ({
      id: `new-${runtimeId}`,
      group,
      label: palette.newWorker(groups.length > 1 ? label : undefined),
      aliases: "new create worker",
      isTold: true,
      run: () => {
        const made = workers.create(runtimeId, messages.workerName(count + 1));
        void made.then((ref) => ref && goTo(paths.workerPage(ref)));
      },
    })),
    {
      id: "import",
      group,
      label: palette.importConversation,
      aliases: "import conversation file json restore",
      isTold: true,
      run: () => open({ kind: "import" }),
    },
    {
      id: "settings",
      group,
      label: palette.settings,
      aliases: "settings preferences",
      run: () => open({ kind: "settings" }),
    },
    {
      id: "shortcuts",
      group,
      label: palette.shortcuts,
      note: "?",
      aliases: "keyboard shortcuts keys help",
      run: () => open({ kind: "shortcuts" }),
    },
    ...THEMES.map((theme): Command => ({
      id: `theme-${theme}`,
      group,
      label: palette.theme(theme),
      aliases: `theme colours ${theme}`,
      run: () => choose(frame, { theme }),
    })),
    ...LANGUAGES.map((locale): Command => ({
      id: `language-${locale}`,
      group,
      label: palette.language(locale),
      aliases: `language ${{ system: "browser", en: "english", ja: "japanese 日本語" }[locale]}`,
      run: () => choose(frame, { locale }),
    })),
  ];
}
