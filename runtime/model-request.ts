/**
 * What a model is asked.
 *
 * Owns the way from a conversation to one request: the system prompt, what was said as far as the model's window reaches,
 * a word before it where it begins with the model's own, and, where those come last, the wish to go on with them. Pure.
 */
import { BEGINNING_PROMPT } from "../prompts/beginning.ts";
import { CONTINUATION_PROMPT } from "../prompts/continuation.ts";
import type { LogEntry } from "../protocol/entry.ts";
import type { RunLimits } from "./limits.ts";
import { boundHistory, estimateMessagesTokens } from "./model/history.ts";
import type { ModelMessage, ModelRequest } from "./model/model.ts";
import type { Profile } from "./profile.ts";
import { modelMessages } from "./transcript-line.ts";

/**
 * The request for the next answer of a conversation.
 *
 * @param now Epoch milliseconds.
 * @throws ProblemError input_too_large where the newest exchange alone is too long
 */
export function modelRequest(
  entries: readonly LogEntry[],
  { model, systemPrompt }: Profile,
  { reservedOutputTokens }: RunLimits,
  now: number,
): ModelRequest {
  const said = begunByPerson(modelMessages(entries));
  const goOn: ModelMessage[] =
    said.at(-1)?.role === "assistant" ? [{ role: "user", content: CONTINUATION_PROMPT }] : [];
  const kept = boundHistory([{ role: "system", content: systemPrompt(now) }, ...said], {
    contextWindowTokens: model.contextWindowTokens,
    // The wish is a part of the exchange that goes on: as one of its own it might be kept without what it is about.
    reservedOutputTokens: reservedOutputTokens + estimateMessagesTokens(goOn),
  });
  return { messages: inTurns([...kept, ...goOn]) };
}

/**
 * A conversation that somebody began: one that was brought in may begin with an answer, and so may one that has let go
 * of its beginning. Many providers refuse that, for ever, as nothing that is said later changes it.
 */
function begunByPerson(said: readonly ModelMessage[]): readonly ModelMessage[] {
  return said[0]?.role === "assistant" ? [{ role: "user", content: BEGINNING_PROMPT }, ...said] : said;
}

/** Neighbours of one role as one message, since providers expect the roles to take turns. */
function inTurns(messages: readonly ModelMessage[]): readonly ModelMessage[] {
  const turns: { role: ModelMessage["role"]; content: string }[] = [];
  for (const { role, content } of messages) {
    const newest = turns.at(-1);
    if (newest?.role === role) newest.content += `\n\n${content}`;
    else turns.push({ role, content });
  }
  return turns;
}
