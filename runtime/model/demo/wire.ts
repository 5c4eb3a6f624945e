/**
 * A reply in OpenAI's own wire format.
 *
 * Owns the bytes: chat completion chunks as server-sent events, sent at the reply's pace by an injected clock, and the
 * JSON of refusals. `handlers.ts` answers requests with it.
 */
import { sleep, type Clock, type Random } from "../../clock.ts";
import { randomFraction } from "../fraction.ts";
import { estimateMessagesTokens, estimateTokens } from "../history.ts";
import type { ModelMessage } from "../model.ts";
import type { DemoReply, DemoStep } from "./reply.ts";
import { tokensOf } from "./tokens.ts";

/** Before the first token, before jitter. */
const FIRST_TOKEN_MS = 400;

/** How far jitter goes from a pace, in parts of it: 32 ms become 25 to 39. */
const PACE_JITTER = 0.22;

/** What a reply is sent with. */
export interface DemoWire {
  readonly clock: Clock;
  readonly random: Random;
  /** What every wait is multiplied by: 1 is a human pace, 0 does not wait. */
  readonly pace: number;
  /** The answer's id, e.g. `chatcmpl-demo-1f2e3d4c`. */
  readonly id: string;
  /** As the request named it. */
  readonly model: string;
  /** What was sent to the model. */
  readonly messages: readonly ModelMessage[];
  /** Whether the request asked for a last chunk with the usage. */
  readonly includeUsage: boolean;
}

/** The response to a request. The body stops, and its timers with it, when it is cancelled. */
export function demoResponse(reply: Exclude<DemoReply, { kind: "unreachable" }>, wire: DemoWire): Response {
  switch (reply.kind) {
    case "refusal": {
      const { status, headers, error } = reply;
      return new Response(JSON.stringify({ error: { ...error, param: null } }), { status, headers });
    }
    case "stream": {
      const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };
      return new Response(bodyOf(reply.steps, wire), { headers });
    }
  }
}

function bodyOf(steps: readonly DemoStep[], wire: DemoWire): ReadableStream<Uint8Array> {
  const cancelled = new AbortController();
  const encoder = new TextEncoder();
  const events = sendSteps(steps, wire, cancelled.signal);
  return new ReadableStream({
    async pull(controller) {
      const next = await events.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    cancel: (reason) => cancelled.abort(reason),
  });
}

async function* sendSteps(steps: readonly DemoStep[], wire: DemoWire, signal: AbortSignal): AsyncGenerator<string> {
  const wait = async (waitMs: number) => {
    const jitter = 1 + (randomFraction(wire.random) * 2 - 1) * PACE_JITTER;
    if (waitMs * wire.pace > 0) await sleep(wire.clock, waitMs * wire.pace * jitter, signal);
  };
  const chunk = (delta: object, finishReason: string | null = null) =>
    event(wire, { choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] });

  if (steps[0]?.kind !== "hang") {
    await wait(FIRST_TOKEN_MS);
    yield chunk({ role: "assistant", content: "" });
  }
  let written = "";
  for (const step of steps) {
    switch (step.kind) {
      case "text":
      case "thinking": {
        const field = step.kind === "text" ? "content" : "reasoning_content";
        const chunks = tokensOf(step.text).map((token) => chunk({ [field]: token }));
        written += step.text;
        if (step.everyMs === 0) yield chunks.join("");
        else {
          for (const one of chunks) {
            await wait(step.everyMs);
            yield one;
          }
        }
        break;
      }
      case "finish":
        yield chunk({}, step.reason);
        break;
      case "malformed":
        yield `data: {"id":"${wire.id}","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"br\n\n`;
        break;
      case "cut":
        throw new TypeError("terminated");
      case "hang":
        await aborted(signal);
    }
  }
  if (wire.includeUsage) yield event(wire, { choices: [], usage: usageOf(wire.messages, written) });
  yield "data: [DONE]\n\n";
}

/** `data: {"id":"chatcmpl-demo-…","object":"chat.completion.chunk","created":1795236602,"model":"yoi-demo",…}` */
function event({ id, clock, model }: DemoWire, fields: object): string {
  const created = Math.floor(clock.now() / 1_000);
  return `data: ${JSON.stringify({ id, object: "chat.completion.chunk", created, model, ...fields })}\n\n`;
}

/** Plausible, by the same estimate that bounds a conversation; what was sent before the newest message counts as cached. */
function usageOf(messages: readonly ModelMessage[], written: string): object {
  const prompt = estimateMessagesTokens(messages);
  const completion = estimateTokens(written);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: estimateMessagesTokens(messages.slice(0, -1)) },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}
