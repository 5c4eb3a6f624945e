/**
 * The Responses API, event by event.
 *
 * Owns what we read of its events, each a stranger's word and parsed here once, and how they become the parts of an
 * answer. Events that we do not know are skipped, as the API asks. Called by `answer-parts.ts`, which reads them.
 */
import * as z from "zod/mini";
import { uint } from "../../protocol/number.ts";
import type { AnswerReducer } from "./answer-parts.ts";
import { failureError, type FailureFacts } from "./openai-errors.ts";
import { ModelError, type ModelPart } from "./model.ts";
import { WholeCharacters } from "./whole-characters.ts";

/** A number that makes no sense is as good as none: it must not cost the answer. */
const count = z.optional(
  z.pipe(
    z.unknown(),
    z.transform((value) => uint.safeParse(value).data ?? null),
  ),
);

const Usage = z.object({
  input_tokens: count,
  output_tokens: count,
  input_tokens_details: z.nullish(z.object({ cached_tokens: count })),
});

const Ended = z.object({
  usage: z.nullish(Usage),
  error: z.optional(z.unknown()),
  incomplete_details: z.nullish(z.object({ reason: z.nullish(z.string()) })),
});

const AnyEvent = z.object({ type: z.optional(z.string()), error: z.optional(z.unknown()) });
const Delta = z.object({
  delta: z.string(),
  output_index: z.nullish(z.number()),
  summary_index: z.nullish(z.number()),
});
const End = z.object({ response: Ended });
const ToolCall = z.object({ item: z.object({ type: z.literal("function_call") }) });

/** The parts of an answer from its events. */
export class ResponseAnswer implements AnswerReducer {
  readonly #facts: FailureFacts;
  readonly #answer = new WholeCharacters("text");
  readonly #thinking = new WholeCharacters("thinking");
  #sawEvent = false;
  #sawText = false;
  #sawToolCall = false;
  /** Where the newest piece stands among the output: `thinking 0 1`. */
  #place = "";

  constructor(facts: FailureFacts) {
    this.#facts = facts;
  }

  /** Its end is an event, with which the reading is over. */
  get hasEnded(): boolean {
    return false;
  }

  get isSaid(): boolean {
    return false;
  }

  /** @throws ModelError when the event is malformed or an error, or when the provider withheld the answer */
  take(raw: unknown): Iterable<ModelPart> {
    this.#sawEvent = true;
    const { type, error } = read(AnyEvent, raw);
    if (error) throw failureError(error, this.#facts);
    switch (type) {
      case "response.output_text.delta":
      case "response.refusal.delta":
        return this.#say(read(Delta, raw));
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta":
        return this.#think(read(Delta, raw));
      case "response.output_item.done":
        this.#sawToolCall ||= ToolCall.safeParse(raw).success;
        return [];
      case "response.completed":
      case "response.incomplete":
        return this.#finish(type, read(End, raw).response);
      case "response.failed":
        throw failureError(read(End, raw).response.error, this.#facts);
      case "error":
        throw failureError(raw, this.#facts);
      case undefined:
        throw malformed("The provider sent an event of an unknown shape.");
      default:
        return [];
    }
  }

  /** @throws ModelError `provider_stream_cut`, since the events ended before the answer did */
  end(): never {
    if (!this.#sawEvent) throw malformed("The provider answered without a single event.");
    throw new ModelError("provider_stream_cut", "The stream ended before the answer was complete.");
  }

  #say({ delta, output_index: item }: z.infer<typeof Delta>): readonly ModelPart[] {
    if (delta !== "") this.#sawText = true;
    const gap = this.#moveTo("text", `${item ?? 0}`) ? this.#answer.push("\n\n") : [];
    return [...this.#thinking.end(), ...gap, ...this.#answer.push(delta)];
  }

  #think({ delta, output_index: item, summary_index: index }: z.infer<typeof Delta>): readonly ModelPart[] {
    const gap = this.#moveTo("thinking", `${item ?? 0} ${index ?? 0}`) ? this.#thinking.push("\n\n") : [];
    return [...gap, ...this.#thinking.push(delta)];
  }

  /** @returns whether a paragraph begins: each item of the output is one, and so is each part of a summary */
  #moveTo(kind: ModelPart["kind"], place: string): boolean {
    const before = this.#place;
    this.#place = `${kind} ${place}`;
    return before.startsWith(kind) && before !== this.#place;
  }

  *#finish(type: string, { usage, incomplete_details: incomplete }: z.infer<typeof Ended>): Generator<ModelPart> {
    yield* this.#thinking.end();
    yield* this.#answer.end();
    // First: what is withheld is paid for as well.
    if (usage) yield usagePart(usage);
    if (incomplete?.reason === "content_filter") {
      const detail = "content_filter: the provider withheld the rest of the answer.";
      throw new ModelError("provider_content_filtered", detail);
    }
    if (type === "response.completed" && this.#sawToolCall && !this.#sawText) {
      throw malformed("The provider asked for a tool instead of answering; this Worker has no tools.");
    }
    yield { kind: "finish", reason: type === "response.completed" ? "stop" : "length" };
  }
}

function read<Shape>(schema: z.ZodMiniType<Shape>, raw: unknown): Shape {
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw malformed("The provider sent an event of an unknown shape.", parsed.error);
  return parsed.data;
}

function usagePart(usage: z.infer<typeof Usage>): ModelPart {
  return {
    kind: "usage",
    inputTokens: usage.input_tokens ?? null,
    outputTokens: usage.output_tokens ?? null,
    cacheReadInputTokens: usage.input_tokens_details?.cached_tokens ?? null,
  };
}

function malformed(detail: string, cause?: unknown): ModelError {
  return new ModelError("provider_malformed", detail, { cause });
}
