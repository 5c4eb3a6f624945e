/**
 * What the demo does with a request.
 *
 * Owns the decision from a conversation to a reply: a refusal, no connection, or a stream of steps with their pace. It
 * touches neither wire nor clock (`wire.ts` does), so every reply can be told in advance; prose is in `answers.ts`.
 */
import type { ModelMessage } from "../model.ts";
import { demoAnswer, longAnswer } from "./answers.ts";
import { parseDemoCommand, type DemoCommandName, type DemoLanguage } from "./commands.ts";
import { languageOf } from "./conversation.ts";
import { refusals } from "./refusals.ts";
import { tokensOf } from "./tokens.ts";
import { answerOf } from "./topics.ts";

/** A step of a streamed reply. Text and thinking go out token by token, `everyMs` apart; 0 sends them at once. */
export type DemoStep =
  | { readonly kind: "text" | "thinking"; readonly text: string; readonly everyMs: number }
  | { readonly kind: "finish"; readonly reason: "stop" | "content_filter" }
  /** Sends nothing more and stays open. */
  | { readonly kind: "hang" }
  /** Breaks the connection. */
  | { readonly kind: "cut" }
  /** Sends a chunk that is not JSON. */
  | { readonly kind: "malformed" };

/** What goes back over the wire. */
export type DemoReply =
  | {
      readonly kind: "refusal";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly error: { readonly message: string; readonly type: string; readonly code: string | null };
    }
  | { readonly kind: "unreachable" }
  | { readonly kind: "stream"; readonly steps: readonly DemoStep[] };

/** What a reply depends on besides the conversation. */
export interface DemoReplyFacts {
  /** How often this very conversation has been sent before, since its last success. */
  readonly failedAttempts: number;
  /** For a conversation that shows none. */
  readonly language: DemoLanguage;
}

/** Between two tokens at a human pace, before jitter. */
const TOKEN_MS = 32;

/** How often `/demo rate-limit` refuses before it answers. */
const RATE_LIMITED_ATTEMPTS = 2;

const SLOW_ANSWER_MS = 60_000;
const LONG_TOKEN_MS = 1;
const LONG_DEFAULT_WORDS = 19_500;
const LONG_MAX_WORDS = 100_000;

/** The reply to a conversation whose newest message is a user's. */
export function demoReply(messages: readonly ModelMessage[], facts: DemoReplyFacts): DemoReply {
  const newest = messages.findLast(({ role }) => role === "user")?.content ?? "";
  const language = languageOf(messages, facts.language);
  const command = parseDemoCommand(newest);
  if (!command) return answer(answerOf(messages, language));
  if (command.name === null) return answer(demoAnswer("unknown-command", language));
  return commandReply(command.name, command.argument, language, facts);
}

function commandReply(
  name: DemoCommandName,
  argument: string,
  language: DemoLanguage,
  facts: DemoReplyFacts,
): DemoReply {
  const beginning: DemoStep = { kind: "text", text: demoAnswer("beginning", language), everyMs: TOKEN_MS };
  switch (name) {
    case "help":
    case "markdown":
    case "unicode":
      return answer(demoAnswer(name, language));
    case "think":
      return stream([
        { kind: "thinking", text: demoAnswer("thinking", language), everyMs: TOKEN_MS },
        { kind: "text", text: demoAnswer("think", language), everyMs: TOKEN_MS },
        { kind: "finish", reason: "stop" },
      ]);
    case "long":
      return answer(longAnswer(wordsOf(argument), language), LONG_TOKEN_MS);
    case "slow":
      return answer(demoAnswer("slow", language), "a minute");
    case "burst":
      return answer(demoAnswer("burst", language), 0);
    case "rate-limit":
      return argument.toLowerCase() === "always" || facts.failedAttempts < RATE_LIMITED_ATTEMPTS
        ? refusals["rate-limit"]
        : answer(demoAnswer("rate-limit", language));
    case "auth":
    case "context":
    case "server-error":
      return refusals[name];
    case "unreachable":
      return { kind: "unreachable" };
    case "timeout":
      return stream([{ kind: "hang" }]);
    case "stall":
      return stream([beginning, { kind: "hang" }]);
    case "cut":
      return stream([beginning, { kind: "cut" }]);
    case "malformed":
      return stream([beginning, { kind: "malformed" }]);
    case "filter":
      return stream([beginning, { kind: "finish", reason: "content_filter" }]);
  }
}

function answer(text: string, pace: number | "a minute" = TOKEN_MS): DemoReply {
  const everyMs = pace === "a minute" ? SLOW_ANSWER_MS / tokensOf(text).length : pace;
  return stream([
    { kind: "text", text, everyMs },
    { kind: "finish", reason: "stop" },
  ]);
}

function stream(steps: readonly DemoStep[]): DemoReply {
  return { kind: "stream", steps };
}

function wordsOf(argument: string): number {
  const words = Number.parseInt(argument, 10);
  return Number.isNaN(words) ? LONG_DEFAULT_WORDS : Math.min(Math.max(words, 1), LONG_MAX_WORDS);
}
