/**
 * The console's words: which there are, and how to get them for a language.
 *
 * Owns the catalogue's shape; `messages-en.ts` and `messages-ja.ts` fill it. The server chooses the language and both
 * sides render with the same words.
 */
import type { ProblemCode } from "../protocol/problem.ts";
import type { Locale } from "./console-data.ts";
import { en } from "./messages-en.ts";
import { ja } from "./messages-ja.ts";
import type { PreferenceValues } from "./store/preferences.ts";

export interface Messages {
  readonly workers: string;
  readonly newWorker: string;
  /** As `newWorker`, where there are several Runtimes. */
  readonly newWorkerOn: (runtime: string) => string;
  readonly importConversation: string;
  /** Why a Runtime that runs has no button for a new one. */
  readonly takesNoWorkers: string;
  /** What a new Worker is called until somebody names it. */
  readonly workerName: (number: number) => string;
  readonly workerStatus: (status: string) => string;
  /** Of a Worker whose run has ended since it was looked at. */
  readonly newAnswer: string;
  /** Why the status is what it is, where the word alone does not tell. */
  readonly workerStatusReason: (status: string) => string | undefined;
  readonly runtimeStatus: (status: string) => string;
  /** Around the time when the Runtime was heard last. */
  readonly runtimeAwaySince: readonly [before: string, after: string];
  readonly conversation: string;
  readonly emptyTitle: (worker: string) => string;
  readonly emptyHint: string;
  readonly earlier: string;
  readonly earlierLoading: string;
  readonly earlierFailed: string;
  readonly backToNewest: string;
  readonly jumpToLatest: string;
  /** How many have come since the reader left the end. */
  readonly newMessages: (count: number) => string;
  readonly stillWriting: string;
  readonly you: string;
  readonly thinking: string;
  readonly thoughtFor: (duration: string) => string;
  readonly thought: string;
  /** Stands behind the name of what is kept from the reader; in brackets. */
  readonly hidden: string;
  readonly waitingForModel: string;
  readonly writing: string;
  readonly stopped: string;
  readonly runEnd: (reason: string) => string;
  readonly runFailed: string;
  /** Sends the message again that a run failed on. */
  readonly askAgain: string;
  readonly retriedAfter: (attempt: number, of: number, wait: string) => string;
  readonly retryingIn: (seconds: number, attempt: number, of: number) => string;
  readonly usage: (input: string, output: string) => string;
  readonly cached: (tokens: string) => string;
  readonly toolCall: string;
  /** The model is still writing what it hands to the tool. */
  readonly toolPreparing: string;
  readonly toolRunning: (tool: string) => string;
  readonly toolResult: (tool: string | undefined) => string;
  readonly toolFailed: (tool: string | undefined) => string;
  readonly system: string;
  readonly systemKind: (kind: string) => string;
  readonly invoked: (trigger: string) => string;
  readonly alert: string;
  readonly continuation: string;
  readonly compactStart: string;
  readonly compactDone: string;
  readonly compactFailed: string;
  readonly unknown: (name: string) => string;
  readonly composerLabel: (worker: string) => string;
  readonly composerPlaceholder: string;
  readonly send: string;
  readonly sending: string;
  /** To send when the run has ended. */
  readonly queue: string;
  readonly stop: string;
  readonly stopping: string;
  readonly sendHint: (sendKey: PreferenceValues["sendKey"]) => string;
  readonly busyHint: string;
  readonly tooLong: (by: string) => string;
  readonly kept: string;
  /** Of what was refused for a while. */
  readonly possibleAgain: (time: string) => string;
  readonly lostAnswer: string;
  readonly strangeAnswer: (status: number) => string;
  readonly stopFailed: string;
  readonly ended: string;
  /** Why there is no message box: the person may read and command nothing. */
  readonly readOnly: string;
  readonly needsScript: string;
  readonly copy: string;
  readonly copied: string;
  /** Breaks the long lines of a listing. */
  readonly wrapLines: string;
  /** What the box of a task in a list says. */
  readonly task: (isDone: boolean) => string;
  readonly link: LinkMessages;
  readonly announce: {
    readonly started: string;
    readonly finished: string;
    readonly stopped: string;
    readonly failed: string;
    readonly linkLost: string;
    readonly linkBack: string;
    readonly linkEnded: string;
    readonly runtimeLost: string;
    readonly runtimeBack: string;
  };
  readonly tokens: string;
  readonly duration: (milliseconds: number) => string;
  /** A person's words for a problem; absent: the server's own. */
  readonly problem: (code: ProblemCode) => string;
}

interface LinkMessages {
  readonly label: string;
  readonly connecting: string;
  readonly catchingUp: string;
  /** @param count Events that are still to come, written as the reader writes numbers. */
  readonly catchingUpBy: (count: string) => string;
  readonly live: string;
  /** The server is there, the Worker's Runtime is not. */
  readonly waiting: string;
  readonly waitingSince: (time: string) => string;
  readonly mayBeStale: string;
  readonly reconnecting: string;
  readonly reconnectingIn: (seconds: number) => string;
  readonly offline: string;
  readonly ended: string;
  readonly tryNow: string;
  readonly staleSince: (time: string) => string;
  /** Where events come over plain HTTP. */
  readonly fallback: string;
  readonly details: string;
  readonly counters: Record<
    "received" | "resumed" | "silent" | "snapshots" | "duplicates" | "gaps" | "damaged",
    string
  >;
}

/** The words of a language, at once: for the server, which has all of them. */
export function messagesFor(locale: Locale): Messages {
  switch (locale) {
    case "en":
      return en;
    case "ja":
      return ja;
  }
}
