/**
 * The model seam: what a Worker asks of a language model.
 *
 * Owns the request, the parts of an answer and the one error. A `Model` makes exactly one attempt; time-outs, retries
 * and their announcement belong to the run (`../run.ts`), so that every provider behaves alike. Implemented by
 * `openai.ts`; the offline demo is the same client over a provider that needs no network.
 */
import { ProblemError, type ProblemCode } from "../../protocol/problem.ts";

/** One message of the conversation as a model reads it. */
export interface ModelMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** What to answer. */
export interface ModelRequest {
  readonly messages: readonly ModelMessage[];
  /** Longest answer wanted, in the provider's tokens; absent: the provider's own limit. */
  readonly maxOutputTokens?: number;
}

/** A piece of an answer, in the order in which it streamed. Text and thinking are never empty. */
export type ModelPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "thinking"; readonly text: string }
  | {
      readonly kind: "usage";
      readonly inputTokens: number | null;
      readonly outputTokens: number | null;
      readonly cacheReadInputTokens: number | null;
    }
  | {
      /** Always the last part of an answer that ended by itself; `length` when the provider cut it at its limit. */
      readonly kind: "finish";
      readonly reason: "stop" | "length";
    };

/** A language model of one provider. */
export interface Model {
  /** Shown to people: `openai_chat`, in the reference's vocabulary. */
  readonly provider: string;
  /** Shown to people: the model's name, e.g. `gpt-5-mini`. */
  readonly name: string;
  /** How much the model can read and write together, in tokens. */
  readonly contextWindowTokens: number;
  /**
   * Makes one attempt to answer, streaming.
   *
   * Aborting the signal closes the provider's connection and makes the iteration throw the signal's reason.
   *
   * @throws ModelError when the provider fails, before or in the middle of the answer, with a code of the table.
   */
  stream(request: ModelRequest, options: { readonly signal: AbortSignal }): AsyncIterable<ModelPart>;
}

/** Codes with which a provider can fail. */
export type ModelProblemCode = Extract<ProblemCode, `provider_${string}`>;

/**
 * A provider's failure. `detail` holds the provider's own reason (status, code, short message), already scrubbed of keys
 * and URLs, fit for a person to read; `retryAfterMs` is how long the provider asks to wait, where it said so.
 */
export class ModelError extends ProblemError {
  declare readonly code: ModelProblemCode;
  /** The provider's HTTP status, where there was one. */
  readonly status: number | null;

  constructor(
    code: ModelProblemCode,
    detail: string,
    facts: { readonly status?: number | null; readonly retryAfterMs?: number | null; readonly cause?: unknown } = {},
  ) {
    super(code, detail, { cause: facts.cause, retryAfterMs: facts.retryAfterMs });
    this.status = facts.status ?? null;
  }
}
