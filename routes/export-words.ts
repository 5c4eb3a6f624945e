/**
 * The words of an exported conversation that stand nowhere in the console, in every language.
 *
 * Owns only those: they are read in files, so no browser loads them.
 */
import type { Locale } from "../islands/console-data.ts";

/** What an exported conversation says. */
export interface ExportWords {
  readonly worker: string;
  readonly model: string;
  readonly exported: string;
  readonly tokens: string;
  readonly tool: string;
  readonly result: string;
  readonly failed: string;
  /** Says that the conversation had begun earlier. */
  readonly older: (entries: number) => string;
}

const WORDS: Readonly<Record<Locale, ExportWords>> = {
  en: {
    worker: "Worker",
    model: "Model",
    exported: "Exported",
    tokens: "Tokens",
    tool: "Tool",
    result: "Result",
    failed: "The tool failed",
    older: (entries) =>
      entries === 1
        ? "The conversation began earlier: 1 older entry is no longer kept."
        : `The conversation began earlier: ${entries} older entries are no longer kept.`,
  },
  ja: {
    worker: "Worker",
    model: "モデル",
    exported: "書き出した日時",
    tokens: "トークン",
    tool: "ツール",
    result: "結果",
    failed: "ツールが失敗しました",
    older: (entries) => `この会話はもっと前から続いています。古い ${entries} 件の記録はもう残っていません。`,
  },
};

/** The words in a language. */
export function exportWordsFor(locale: Locale): ExportWords {
  return WORDS[locale];
}
