/**
 * Chat completions, chunk by chunk.
 *
 * Owns what we read of a `chat.completion.chunk`, each of them a stranger's word and parsed here once, and how they
 * become the parts of an answer. Called by `answer-parts.ts`, which reads them; `openai.ts` owns the request.
 */
import * as z from "zod/mini";
import { uint } from "../../protocol/number.ts";
import type { AnswerReducer } from "./answer-parts.ts";
import { failureError, type FailureFacts } from "./openai-errors.ts";
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

/** Mistral's thinking models write parts: `[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]`. */
const ContentPart = z.object({ text, thinking: z.nullish(z.array(z.object({ text }))) });

/** `{"choices":[{"delta":{"content":"Hel"},"finish_reason":null}],"usage":null}` with whatever else a provider adds. */
const ChatChunk = z
  .object({
    choices: z.nullish(
      z.array(
        z.object({
          index: z.nullish(z.number()),
          delta: z.nullish(
            // A provider names its thinking either way; some send both with the same text.
            z.object({
              content: z.nullish(z.union([z.string(), z.array(ContentPart)])),
              refusal: text,
              reasoning_content: text,
              reasoning: text,
            }),
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

/** The parts of an answer from its chunks. */
export class ChatAnswer implements AnswerReducer {
  readonly #facts: FailureFacts;
  readonly #answer = new WholeCharacters("text");
  readonly #thinking = new WholeCharacters("thinking");
  #finishReason: string | null = null;
  /** Whether the newest choice was a reason alone. */
  #isReasonAlone = false;
  #usage: ModelPart | null = null;
  #sawChunk = false;
  #sawText = false;

  constructor(facts: FailureFacts) {
    this.#facts = facts;
  }

  get hasEnded(): boolean {
    return this.#finishReason !== null;
  }

  /** Some give a reason with every chunk: what comes with words, or before others, promises no end. */
  get isSaid(): boolean {
    return this.#isReasonAlone;
  }

  /** @throws ModelError when the chunk is malformed or an error */
  take(raw: unknown): readonly ModelPart[] {
    this.#sawChunk = true;
    const parsed = ChatChunk.safeParse(raw);
    if (!parsed.success) throw malformed("The provider sent a chunk of an unknown shape.", parsed.error);
    const { choices, usage, error } = parsed.data;
    if (error && !this.hasEnded) throw failureError(error, this.#facts);
    if (usage) this.#usage = usagePart(usage);
    const choice = choices?.find(({ index }) => (index ?? 0) === 0);
    const content = choice?.delta?.content ?? "";
    const parts = typeof content === "string" ? [] : content;
    const thought =
      choice?.delta?.reasoning_content ||
      choice?.delta?.reasoning ||
      joined(parts.flatMap(({ thinking }) => thinking ?? []));
    const thoughts = thought ? this.#thinking.push(thought) : [];
    const words = (typeof content === "string" ? content : joined(parts)) || choice?.delta?.refusal;
    this.#finishReason = choice?.finish_reason || this.#finishReason;
    if (words || thought) this.#isReasonAlone = false;
    else if (choice?.finish_reason) this.#isReasonAlone = true;
    if (!words) return thoughts;
    this.#sawText = true;
    return [...thoughts, ...this.#thinking.end(), ...this.#answer.push(words)];
  }

  /**
   * @throws ModelError when the provider withheld the answer, and `provider_stream_cut` when the chunks ended before the
   * answer did; after what was left of it
   */
  *end(): Generator<ModelPart> {
    yield* this.#thinking.end();
    yield* this.#answer.end();
    // First: what is withheld is paid for as well.
    if (this.#usage) yield this.#usage;
    yield { kind: "finish", reason: endOf(this.#finishReason, this.#sawText, this.#sawChunk) };
  }
}

/** How the answer ended, in the seam's words. Reasons that we do not know ended it well: providers invent their own. */
function endOf(finishReason: string | null, sawText: boolean, sawChunk: boolean): "stop" | "length" {
  if (!sawChunk) throw malformed("The provider answered without a single chunk.");
  // Gemini goes on with a word of its own: `content_filter: PROHIBITED_CONTENT`.
  const reason = finishReason?.replace(/:.*$/s, "") ?? null;
  switch (reason) {
    case null:
      throw new ModelError("provider_stream_cut", "The stream ended before the answer was complete.");
    case "length":
    // Mistral's.
    case "model_length":
      return "length";
    case "content_filter":
    // Z.ai's.
    case "sensitive":
      throw new ModelError("provider_content_filtered", `${reason}: the provider withheld the rest of the answer.`);
    case "error":
    // Of vLLM and SGLang, DeepSeek, and Z.ai.
    case "abort":
    case "insufficient_system_resource":
    case "network_error":
      throw new ModelError("provider_unavailable", `${reason}: the provider gave up in the middle of the answer.`);
    case "tool_calls":
    case "function_call":
    // Gemini's, for a call that makes no sense.
    case "function_call_filter":
      if (!sawText) throw malformed("The provider asked for a tool instead of answering; this Worker has no tools.");
      return "stop";
    default:
      return "stop";
  }
}

function joined(parts: readonly { readonly text?: string | null | undefined }[]): string {
  return parts.map((part) => part.text ?? "").join("");
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
