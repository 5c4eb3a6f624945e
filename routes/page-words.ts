/**
 * The words of pages that the server says once and no script says again, in every language.
 *
 * Owns only those: no browser loads them.
 */
import type { Locale } from "../islands/console-data.ts";

/** What pages say by themselves. */
interface PageWords {
  readonly skipToComposer: string;
  readonly openWorkers: string;
  readonly demoTitle: string;
  /** Around the command that stands in the middle. */
  readonly demoHint: readonly [before: string, after: string];
  /** Comes before the number by which whoever runs the server finds the failure. */
  readonly failureNumber: string;
}

const WORDS: Readonly<Record<Locale, PageWords>> = {
  en: {
    skipToComposer: "Skip to the message box",
    openWorkers: "Show Workers",
    demoTitle: "Offline demo",
    demoHint: ["No model is connected. Send ", " to see what you can try."],
    failureNumber: "If you ask about this, name this number to whoever runs the workspace:",
  },
  ja: {
    skipToComposer: "入力欄へ移動",
    openWorkers: "Worker を表示",
    demoTitle: "オフラインデモ",
    demoHint: ["モデルは接続されていません。", " と送ると、試せることが表示されます。"],
    failureNumber: "お問い合わせの際は、次の番号を管理者にお伝えください:",
  },
};

/** The words in a language. */
export function pageWordsFor(locale: Locale): PageWords {
  return WORDS[locale];
}
