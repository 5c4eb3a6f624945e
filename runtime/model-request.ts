/**
 * What a model is asked.
 *
 * Owns the way from a conversation to one request: the system prompt, what was said as far as the model's window reaches,
 * and, where its own words come last, the wish to go on with them. Pure.
 */
import { CONTINUATION_PROMPT } from "../prompts/continuation.ts";
import type { LogEntry } from "../protocol/entry.ts";
import type { RunLimits } from "./limits.ts";
import { boundHistory } from "./model/history.ts";
import type { ModelMessage, ModelRequest } from "./model/model.ts";
import type { Profile } from "./profile.ts";
import { modelMessages } from "./transcript-line.ts";

/**
 * The request for the next answer of a conversation.
 *
 * @param now Epoch milliseconds.
 * @throws ProblemError provider_context_too_long where the newest exchange alone is too long
 */
export function modelRequest(
  entries: readonly LogEntry[],
  { model, systemPrompt }: Profile,
  { reservedOutputTokens }: RunLimits,
  now: number,
): ModelRequest {
  const said = modelMessages(entries);
  const goOn: ModelMessage[] =
    said.at(-1)?.role === "assistant" ? [{ role: "user", content: CONTINUATION_PROMPT }] : [];
  const messages = boundHistory([{ role: "system", content: systemPrompt(now) }, ...said, ...goOn], {
    contextWindowTokens: model.contextWindowTokens,
    reservedOutputTokens,
  });
  return { messages };
}
