/** The words of the list of Workers that are not among those that every page loads first. */
import type { Locale } from "../console-data.ts";

interface ListMessages {
  readonly noWorkers: string;
  /** Stands where a Runtime's Workers are not known. */
  readonly workersUnknown: string;
  readonly newWorkerFailed: string;
  /** Nobody answered: a Worker may have been made all the same. */
  readonly newWorkerUnknown: string;
}

const WORDS: Readonly<Record<Locale, ListMessages>> = {
  en: {
    noWorkers: "No Workers yet",
    workersUnknown: "Its Workers will be listed when it is back.",
    newWorkerFailed: "No new Worker could be made.",
    newWorkerUnknown: "No answer came, so a Worker may have been made or not. The list will show it.",
  },
  ja: {
    noWorkers: "Worker はまだありません",
    workersUnknown: "再び接続できると、Worker が表示されます。",
    newWorkerFailed: "Worker を作成できませんでした。",
    newWorkerUnknown: "応答がないため、Worker が作成されたかどうか分かりません。作成されていれば一覧に表示されます。",
  },
};

/** The words in a language. */
export function listMessagesFor(locale: Locale): ListMessages {
  return WORDS[locale];
}
