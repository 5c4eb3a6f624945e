/** The words of a page that can't show what was asked for: the ways on. Not among those that every page loads first. */
import type { Locale } from "../console-data.ts";

interface AwayMessages {
  readonly home: string;
  readonly retry: string;
  /** What the page does by itself meanwhile. */
  readonly waiting: string;
}

const WORDS: Readonly<Record<Locale, AwayMessages>> = {
  en: {
    home: "Go to the workspace",
    retry: "Try again",
    waiting: "The page opens by itself when the Runtime is back.",
  },
  ja: {
    home: "ワークスペースへ",
    retry: "もう一度試す",
    waiting: "Runtime に再び接続できると、自動的に開きます。",
  },
};

/** The words in a language. */
export function awayMessagesFor(locale: Locale): AwayMessages {
  return WORDS[locale];
}
