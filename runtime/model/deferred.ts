/**
 * A model whose program is loaded when it is first asked.
 *
 * Owns that one step. The providers' clients are the largest part of what a server would load, and it can show its pages
 * and its conversations without any. Used by the profiles (`../converse-profiles.ts`).
 */
import type { Model } from "./model.ts";

/** What a model says of itself without being asked anything. */
export type ModelFacts = Pick<Model, "provider" | "name" | "contextWindowTokens">;

/**
 * The model that `load` gives, under the facts that it will have.
 *
 * @param load Called at the first request, and again where it failed.
 */
export function deferredModel(facts: ModelFacts, load: () => Promise<Model>): Model {
  let loading: Promise<Model> | null = null;
  const loaded = (): Promise<Model> => {
    loading ??= load().catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  };
  return {
    ...facts,
    async *stream(request, options) {
      options.signal.throwIfAborted();
      const model = await loaded();
      yield* model.stream(request, options);
    },
  };
}
