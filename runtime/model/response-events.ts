/**
 * The Responses API, event by event.
 *
 * Owns what we read of its events, each a stranger's word and parsed here once, and how a stream of them becomes the
 * parts of an answer. Events that we do not know are skipped, as the API asks. Called by `openai.ts`.
 */
import * as z from "zod/mini";
import { uint } from "../../protocol/number.ts";
import { failureError } from "./openai-errors.ts";
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

const AnyEvent = z.object({ type: z.string() });
const Delta = z.object({ delta: z.string(), summary_index: z.nullish(z.number()) });
const End = z.object({ response: Ended });

/**
 * The parts of an answer from its events.
 *
 * @throws ModelError when an event is malformed or an error, when the provider withheld the answer, and
 * `provider_stream_cut` when the events end before the answer does.
 */
export async function* responseParts(
  events: AsyncIterable<unknown>,
  secrets: readonly string[],
): AsyncGenerator<ModelPart> {
  const answer = new WholeCharacters("text");
  const thinking = new WholeCharacters("thinking");
  let sawEvent = false;
  let summaryIndex = 0;
  for await (const raw of events) {
    sawEvent = true;
    const { type } = read(AnyEvent, raw);
    switch (type) {
      case "response.output_text.delta":
      case "response.refusal.delta":
        yield* thinking.end();
        yield* answer.push(read(Delta, raw).delta);
        break;
      case "response.reasoning_summary_text.delta":
      case "response.reasoning_text.delta": {
        const { delta, summary_index: index } = read(Delta, raw);
        // Each part of a summary is a paragraph of its own.
        if ((index ?? 0) > summaryIndex) yield* thinking.push("\n\n");
        summaryIndex = Math.max(summaryIndex, index ?? 0);
        yield* thinking.push(delta);
        break;
      }
      case "response.completed":
      case "response.incomplete": {
        const { usage, incomplete_details: incomplete } = read(End, raw).response;
        yield* thinking.end();
        yield* answer.end();
        if (incomplete?.reason === "content_filter") {
          const detail = "content_filter: the provider withheld the rest of the answer.";
          throw new ModelError("provider_content_filtered", detail);
        }
        if (usage) yield usagePart(usage);
        yield { kind: "finish", reason: type === "response.completed" ? "stop" : "length" };
        return;
      }
      case "response.failed":
        throw failureError(read(End, raw).response.error, { status: null, secrets });
      case "error":
        throw failureError(raw, { status: null, secrets });
      default:
    }
  }
  if (!sawEvent) throw malformed("The provider answered without a single event.");
  throw new ModelError("provider_stream_cut", "The stream ended before the answer was complete.");
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
