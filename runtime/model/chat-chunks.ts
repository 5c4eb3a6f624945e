/**
 * Chat completions, chunk by chunk.
 *
 * Owns what we read of a `chat.completion.chunk`, each of them a stranger's word and parsed here once, and how a stream
 * of them becomes the parts of an answer. Called by `openai.ts`, which owns the request and its errors.
 */
import * as z from "zod/mini";
import { uint } from "../../protocol/number.ts";
import { failureError } from "./openai-errors.ts";
import { ModelError, type ModelPart } from "./model.ts";
import { WholeCharacters } from "./whole-characters.ts";

const text = z.nullish(z.string());
/** A number that makes no sense is as good as none: it must not cost the answer. */
const count = z.optional(
  z.pipe(
    z.unknown(),
    z.transform((value) => uint.safeParse(value).data ?? null),
  ),
);

/** `{"choices":[{"delta":{"content":"Hel"},"finish_reason":null}],"usage":null}` with whatever else a provider adds. */
const ChatChunk = z
  .object({
    choices: z.nullish(
      z.array(
        z.object({
          index: z.nullish(z.number()),
          delta: z.nullish(
            // A provider names its thinking either way; some send both with the same text.
            z.object({ content: text, refusal: text, reasoning_content: text, reasoning: text }),
          ),
          finish_reason: text,
        }),
      ),
    ),
    usage: z.nullish(
      z.object({
        prompt_tokens: count,
        completion_tokens: count,
        prompt_tokens_details: z.nullish(z.object({ cached_tokens: count })),
      }),
    ),
    error: z.optional(z.unknown()),
  })
  .check(z.refine(({ choices, usage, error }) => Boolean(choices ?? usage ?? error)));

/**
 * The parts of an answer from its chunks.
 *
 * @throws ModelError when a chunk is malformed or an error, when the provider withheld the answer, and
 * `provider_stream_cut` when the chunks end before the answer does.
 */
export async function* chatParts(
  chunks: AsyncIterable<unknown>,
  secrets: readonly string[],
): AsyncGenerator<ModelPart> {
  const answer = new WholeCharacters("text");
  const thinking = new WholeCharacters("thinking");
  let finishReason: string | null = null;
  let usage: ModelPart | null = null;
  let sawChunk = false;
  let sawText = false;
  try {
    for await (const raw of chunks) {
      sawChunk = true;
      const parsed = ChatChunk.safeParse(raw);
      if (!parsed.success) throw malformed("The provider sent a chunk of an unknown shape.", parsed.error);
      if (parsed.data.error) throw failureError(parsed.data.error, { status: null, secrets });
      if (parsed.data.usage) usage = usagePart(parsed.data.usage);
      const choice = parsed.data.choices?.find(({ index }) => (index ?? 0) === 0);
      const thought = choice?.delta?.reasoning_content || choice?.delta?.reasoning;
      if (thought) yield* thinking.push(thought);
      const words = choice?.delta?.content || choice?.delta?.refusal;
      if (words) {
        sawText = true;
        yield* thinking.end();
        yield* answer.push(words);
      }
      finishReason = choice?.finish_reason || finishReason;
    }
  } catch (error) {
    // The answer had ended by itself: losing the connection after that takes nothing from it.
    if (finishReason === null || error instanceof ModelError) throw error;
  }
  yield* thinking.end();
  yield* answer.end();
  const reason = endOf(finishReason, sawText, sawChunk);
  if (usage) yield usage;
  yield { kind: "finish", reason };
}

/** How the answer ended, in the seam's words. Reasons that we do not know ended it well: providers invent their own. */
function endOf(finishReason: string | null, sawText: boolean, sawChunk: boolean): "stop" | "length" {
  if (!sawChunk) throw malformed("The provider answered without a single chunk.");
  switch (finishReason) {
    case null:
      throw new ModelError("provider_stream_cut", "The stream ended before the answer was complete.");
    case "length":
      return "length";
    case "content_filter":
      throw new ModelError(
        "provider_content_filtered",
        "content_filter: the provider withheld the rest of the answer.",
      );
    case "error":
      throw new ModelError("provider_unavailable", "error: the provider gave up in the middle of the answer.");
    case "tool_calls":
    case "function_call":
      if (!sawText) throw malformed("The provider asked for a tool instead of answering; this Worker has no tools.");
      return "stop";
    default:
      return "stop";
  }
}

function usagePart(usage: NonNullable<z.infer<typeof ChatChunk>["usage"]>): ModelPart {
  return {
    kind: "usage",
    inputTokens: usage.prompt_tokens ?? null,
    outputTokens: usage.completion_tokens ?? null,
    cacheReadInputTokens: usage.prompt_tokens_details?.cached_tokens ?? null,
  };
}

function malformed(detail: string, cause?: unknown): ModelError {
  return new ModelError("provider_malformed", detail, { cause });
}
