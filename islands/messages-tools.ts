/**
 * The words of what is loaded on demand: commands, search, settings, the menu of a conversation. Owns their shape; they
 * stand apart from `messages.ts` so that a page's first load does not carry them.
 */
import type { Locale } from "./console-data.ts";
import { en } from "./messages-tools-en.ts";
import { ja } from "./messages-tools-ja.ts";
import type { Theme } from "./theme.ts";

export interface ToolMessages {
  /** What the app is, for a device that installs it. */
  readonly appDescription: string;
  readonly close: string;
  readonly menu: {
    readonly label: string;
    readonly context: string;
    /** `1,200 of 128,000 tokens (1%)` */
    readonly contextUsed: (used: string, limit: string, percent: string) => string;
    readonly contextUnknown: (used: string) => string;
    readonly tokensIn: string;
    readonly tokensCached: string;
    readonly tokensOut: string;
    readonly calls: string;
    readonly totals: string;
    readonly search: string;
    readonly exportMarkdown: string;
    readonly exportJson: string;
    readonly renameWorker: string;
    readonly stopWorker: string;
  };
  readonly palette: {
    readonly title: string;
    readonly placeholder: string;
    readonly results: string;
    readonly none: (query: string) => string;
    readonly count: (count: number) => string;
    readonly workers: string;
    readonly conversation: string;
    readonly workspace: string;
    readonly newWorker: (runtime: string | undefined) => string;
    readonly stopAnswer: string;
    readonly stopWorker: (worker: string) => string;
    readonly search: string;
    readonly searchFor: (query: string) => string;
    readonly writeMessage: string;
    readonly importConversation: string;
    readonly settings: string;
    readonly shortcuts: string;
    readonly theme: (theme: Theme) => string;
    readonly language: (locale: Locale | "system") => string;
    readonly hint: string;
  };
  readonly shortcuts: {
    readonly title: string;
    readonly everywhere: string;
    readonly outsideFields: string;
    readonly inMessage: string;
    readonly palette: string;
    readonly previousWorker: string;
    readonly nextWorker: string;
    readonly sheet: string;
    readonly search: string;
    readonly stop: string;
    readonly send: string;
    readonly newLine: string;
  };
  readonly search: {
    readonly title: string;
    readonly placeholder: string;
    readonly results: string;
    readonly start: string;
    readonly searching: (searched: string, total: string) => string;
    readonly stop: string;
    readonly goOn: string;
    readonly stopped: (searched: string, total: string) => string;
    readonly failed: string;
    readonly found: (hits: number, shown: string) => string;
    readonly capped: (hits: string) => string;
    readonly none: string;
    readonly who: Readonly<Record<"you" | "worker" | "thinking" | "tool" | "system" | "failure", string>>;
  };
  readonly settings: {
    readonly title: string;
    readonly theme: string;
    readonly themes: Readonly<Record<Theme, string>>;
    readonly language: string;
    readonly languageSystem: string;
    readonly sendKey: string;
    readonly sendKeys: (modifier: string) => Readonly<Record<"enter" | "mod-enter", string>>;
    readonly notifications: string;
    readonly notify: string;
    readonly notifyHint: string;
    readonly notifyBlocked: string;
    readonly notifyMissing: string;
    readonly keptHere: string;
    readonly login: string;
    readonly logOut: string;
    readonly logOutEverywhere: string;
    readonly logOutHint: string;
  };
  readonly stopDialog: {
    readonly title: (worker: string) => string;
    readonly text: string;
    readonly textRunning: string;
    readonly confirm: string;
    readonly stopping: string;
    readonly cancel: string;
    readonly failed: string;
    readonly unknown: string;
  };
  readonly renameDialog: {
    readonly title: string;
    readonly name: string;
    readonly hint: string;
    readonly confirm: string;
    readonly saving: string;
    readonly cancel: string;
    readonly empty: string;
    readonly failed: string;
    readonly unknown: string;
  };
  readonly importDialog: {
    readonly title: string;
    readonly text: string;
    readonly file: string;
    readonly runtime: string;
    readonly confirm: string;
    readonly reading: string;
    readonly cancel: string;
    readonly noFile: string;
    readonly tooLarge: (mebibytes: number) => string;
    /** What the server said of it, with its place in the file, follows. */
    readonly notRight: string;
    readonly gone: string;
    readonly failed: string;
    readonly unknown: string;
  };
  readonly notification: {
    readonly finished: string;
    readonly stopped: string;
    readonly failed: string;
  };
}

/** The words of a language, at once: for the server, which has all of them. */
export function toolMessagesFor(locale: Locale): ToolMessages {
  switch (locale) {
    case "en":
      return en;
    case "ja":
      return ja;
  }
}
