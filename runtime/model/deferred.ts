/**
 * A model whose program is loaded when it is first asked.
 *
 * Owns that one step. The providers' clients are the largest part of what a server would load, and it can show its pages
 * and its conversations without any. Used by the profiles (`../converse-profiles.ts`).
 */
import type { Model, ModelPart } from "./model.ts";

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
    stream: (request, { signal }) => ({
      [Symbol.asyncIterator]() {
        const begin = async () => {
          signal.throwIfAborted();
          const model = await loaded();
          return model.stream(request, { signal })[Symbol.asyncIterator]();
        };
        return new DeferredParts(begin);
      },
    }),
  };
}

/** An answer that begins when it is first asked for a part; from then on nothing stands between. */
class DeferredParts implements AsyncIterator<ModelPart, void, undefined> {
  readonly #begin: () => Promise<AsyncIterator<ModelPart>>;
  #parts: AsyncIterator<ModelPart> | null = null;

  constructor(begin: () => Promise<AsyncIterator<ModelPart>>) {
    this.#begin = begin;
  }

  next(): Promise<IteratorResult<ModelPart>> {
    return this.#parts === null ? this.#first() : this.#parts.next();
  }

  async return(): Promise<IteratorResult<ModelPart, void>> {
    await this.#parts?.return?.();
    return { done: true, value: undefined };
  }

  async #first(): Promise<IteratorResult<ModelPart>> {
    this.#parts = await this.#begin();
    return this.#parts.next();
  }
}
