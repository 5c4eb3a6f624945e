/**
 * How much of a conversation a model gets to read.
 *
 * Owns the estimate of tokens and the rule that bounds a conversation to a model's window; the run calls it before each
 * request. The rule, also stated in the documentation: the system prompt stays; room for the answer is reserved; whole
 * exchanges (a user's message and what followed it) are dropped, oldest first, until the rest fits; the newest exchange
 * is never dropped. Nothing is ever shortened. Pure.
 */
import { ProblemError } from "../../protocol/problem.ts";
import type { ModelMessage } from "./model.ts";

/** What a message costs besides its text (its role and its delimiters), in tokens. */
export const MESSAGE_OVERHEAD_TOKENS = 4;

const ASCII_CHARS_PER_TOKEN = 4;

/** The limits that a conversation is bounded to. */
export interface HistoryBounds {
  /** How much the model can read and write together, in tokens. */
  readonly contextWindowTokens: number;
  /** Room kept for the answer, in tokens. */
  readonly reservedOutputTokens: number;
}

/**
 * About how many tokens a text is: four ASCII characters are one, every other character is one by itself. Too many
 * rather than too few, since a conversation that is too long is refused.
 *
 * @example estimateTokens("Hello, world") // 3
 * @example estimateTokens("こんにちは") // 5
 */
export function estimateTokens(text: string): number {
  let ascii = 0;
  let others = 0;
  // Not by the string's iterator: every run counts its whole conversation, while all other runs wait.
  for (let at = 0; at < text.length; at += 1) {
    const code = text.codePointAt(at) ?? 0;
    if (code < 0x80) ascii += 1;
    else others += 1;
    if (code > 0xffff) at += 1;
  }
  return Math.ceil(ascii / ASCII_CHARS_PER_TOKEN) + others;
}

/** The estimate for whole messages, their overhead included. */
export function estimateMessagesTokens(messages: readonly ModelMessage[]): number {
  return messages.reduce((total, { content }) => total + MESSAGE_OVERHEAD_TOKENS + estimateTokens(content), 0);
}

/**
 * The part of a conversation that fits, in its order: every system message, and as many of the newest exchanges as fit.
 * A conversation that fits is returned whole.
 *
 * @throws ProblemError `input_too_large` when the newest exchange alone does not fit: a shorter message would.
 * @throws RangeError when the window has no room beyond the reserve.
 */
export function boundHistory(messages: readonly ModelMessage[], bounds: HistoryBounds): readonly ModelMessage[] {
  const roomTokens = bounds.contextWindowTokens - bounds.reservedOutputTokens;
  if (!(roomTokens > 0)) {
    throw new RangeError(
      `Cannot bound a conversation: a window of ${bounds.contextWindowTokens} tokens has no room beyond a reserve of ${bounds.reservedOutputTokens}`,
    );
  }
  const starts = exchangeStarts(messages);
  const system = messages.filter(({ role }) => role === "system");
  let usedTokens = estimateMessagesTokens(system);
  let keptFrom = messages.length;
  for (const [index, start] of starts.toReversed().entries()) {
    usedTokens += estimateMessagesTokens(messages.slice(start, keptFrom).filter(({ role }) => role !== "system"));
    if (usedTokens > roomTokens) {
      if (index === 0) throw tooLarge();
      break;
    }
    keptFrom = start;
  }
  return messages.filter(({ role }, position) => role === "system" || position >= keptFrom);
}

/** Where each exchange starts: at every user message, and at the very beginning when something precedes the first. */
function exchangeStarts(messages: readonly ModelMessage[]): readonly number[] {
  const starts = messages.flatMap(({ role }, index) => (role === "user" ? [index] : []));
  const firstSpoken = messages.findIndex(({ role }) => role !== "system");
  return firstSpoken === -1 || firstSpoken === starts[0] ? starts : [firstSpoken, ...starts];
}

function tooLarge(): ProblemError {
  return new ProblemError("input_too_large", "The message does not fit into the model's window: send a shorter one.");
}
