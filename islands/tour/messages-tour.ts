/** The tour's words: which there are, and how to get them for a language. Loaded with the tour. */
import type { Locale } from "../console-data.ts";
import { en } from "./messages-tour-en.ts";
import { ja } from "./messages-tour-ja.ts";
import type { TourGroupId, TourStepId } from "./tour-steps.ts";

export interface TourMessages {
  readonly title: string;
  readonly intro: string;
  readonly open: string;
  readonly close: string;
  readonly groups: Readonly<Record<TourGroupId, string>>;
  readonly steps: Readonly<Record<TourStepId, TourStepMessages>>;
  /** Asks for an answer that takes its time. */
  readonly slowRequest: string;
  /** Why there is no button that restarts the Runtime. */
  readonly noRestart: string;
  /** Nobody took what was asked for. */
  readonly failed: string;
}

export interface TourStepMessages {
  readonly label: string;
  /** What will happen. */
  readonly before: string;
  /** What to look at, once it has happened. */
  readonly look: string;
  /** What the person says, above the demo's command. */
  readonly request: string;
}

/** The words of a language. */
export function tourMessagesFor(locale: Locale): TourMessages {
  switch (locale) {
    case "en":
      return en;
    case "ja":
      return ja;
  }
}
