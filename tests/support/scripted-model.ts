/**
 * A model that follows a script.
 *
 * Owns a `Model` for tests whose subject is not the model: each attempt plays the next script, on the test's clock. It
 * keeps the seam's promise: aborting makes the iteration throw the signal's reason.
 */
import { sleep, type Clock } from "../../runtime/clock.ts";
import type { Model, ModelPart, ModelRequest } from "../../runtime/model/model.ts";

/** What a scripted attempt does next. */
export type ScriptStep =
  | ModelPart
  | { readonly kind: "wait"; readonly delayMs: number }
  | { readonly kind: "fail"; readonly error: Error }
  /** Says nothing more until it is aborted. */
  | { readonly kind: "hang" };

/** One attempt's answer. */
export type Script = readonly ScriptStep[];

export const text = (value: string): ScriptStep => ({ kind: "text", text: value });
export const thinking = (value: string): ScriptStep => ({ kind: "thinking", text: value });
export const wait = (delayMs: number): ScriptStep => ({ kind: "wait", delayMs });
export const fail = (error: Error): ScriptStep => ({ kind: "fail", error });
export const hang: ScriptStep = { kind: "hang" };
export const stop: ScriptStep = { kind: "finish", reason: "stop" };
export const cut: ScriptStep = { kind: "finish", reason: "length" };

export const usage = (inputTokens: number, outputTokens: number): ScriptStep => ({
  kind: "usage",
  inputTokens,
  outputTokens,
  cacheReadInputTokens: null,
});

/** What an attempt answers where no script is left. */
const HELLO: Script = [text("Hello "), text("there."), usage(12, 3), stop];

/** A model with what it was asked. */
export interface ScriptedModel extends Model {
  /** The requests so far, oldest first. */
  readonly requests: readonly ModelRequest[];
  /** Appends attempts to the script. */
  script(...attempts: readonly Script[]): void;
}

/** A model that plays `attempts`, one per call, and then `HELLO` for ever. */
export function createScriptedModel(clock: Clock, ...attempts: readonly Script[]): ScriptedModel {
  const requests: ModelRequest[] = [];
  const left = [...attempts];
  return {
    provider: "openai_chat",
    name: "scripted",
    contextWindowTokens: 100_000,
    requests,
    script: (...more) => void left.push(...more),
    async *stream(request, { signal }) {
      requests.push(request);
      for (const step of left.shift() ?? HELLO) {
        signal.throwIfAborted();
        switch (step.kind) {
          case "wait":
            await sleep(clock, step.delayMs, signal);
            break;
          case "fail":
            throw step.error;
          case "hang":
            await aborted(signal);
            break;
          default:
            yield step;
        }
      }
    },
  };
}

/** Rejects with the signal's reason as soon as it aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}
