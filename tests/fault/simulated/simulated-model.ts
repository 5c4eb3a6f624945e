/**
 * A provider that answers by a seed.
 *
 * Owns what an attempt says and how it goes wrong: cut in the middle, stalled, refused for a while. How often it was asked
 * belongs to the run, so that a restarted process meets the same provider.
 */
import { sleep } from "../../../runtime/clock.ts";
import { ModelError, type Model } from "../../../runtime/model/model.ts";
import { Chance } from "./seeded-chance.ts";
import type { SimulatedProcess } from "./simulated-time.ts";

/** How an attempt ends. */
export type ProviderFault = "none" | "cut" | "stall" | "refused" | "silent";

/** The provider of one run. */
export class SimulatedProvider {
  readonly #seed: number;
  #asked = 0;
  /** What the next attempts do; then they are sound. */
  readonly faults: ProviderFault[] = [];

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The provider as a process talks to it. */
  modelFor(process: SimulatedProcess): Model {
    const ask = () => {
      this.#asked += 1;
      return { chance: new Chance(this.#seed, 77, this.#asked), fault: this.faults.shift() ?? "none" };
    };
    return {
      provider: "openai_chat",
      name: "simulated",
      contextWindowTokens: 100_000,
      async *stream(_request, { signal }) {
        const { chance, fault } = ask();
        if (fault === "silent") await sleep(process, NEVER_MS, signal);
        if (fault === "refused") {
          await sleep(process, chance.between(0, 40), signal);
          const wish = chance.isTrue(0.5) ? chance.between(50, 400) : null;
          throw new ModelError("provider_rate_limited", "429: slow down", { status: 429, retryAfterMs: wish });
        }
        const pieces = chance.between(1, 7);
        const thoughts = chance.isTrue(0.3) ? chance.between(1, 3) : 0;
        const faultAt = fault === "none" ? Number.POSITIVE_INFINITY : chance.between(0, pieces + thoughts);
        for (let piece = 0; piece < pieces + thoughts; piece += 1) {
          if (piece === faultAt && fault === "cut") return;
          if (piece === faultAt && fault === "stall") await sleep(process, NEVER_MS, signal);
          const pauseMs = chance.pick(PAUSES_MS);
          if (pauseMs > 0) await sleep(process, pauseMs, signal);
          signal.throwIfAborted();
          yield { kind: piece < thoughts ? "thinking" : "text", text: chance.pick(WORDS) };
        }
        if (fault === "cut") return;
        yield { kind: "usage", inputTokens: chance.between(1, 90), outputTokens: pieces, cacheReadInputTokens: null };
        yield { kind: "finish", reason: chance.isTrue(0.1) ? "length" : "stop" };
      },
    };
  }
}

const NEVER_MS = 3_600_000;
const PAUSES_MS = [0, 0, 0, 5, 20, 60, 200] as const;
const WORDS = ["a", "word ", "more ", "こんにちは", "\n\n", "**b** ", '"q" ', "a longer piece of text "] as const;
