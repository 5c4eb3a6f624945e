/** A model that is loaded when it is first asked. */
import { expect, test } from "vitest";
import { deferredModel } from "../../runtime/model/deferred.ts";
import type { Model, ModelPart } from "../../runtime/model/model.ts";

const facts = { provider: "demo", name: "m", contextWindowTokens: 7 };
const answer: ModelPart[] = [
  { kind: "text", text: "a" },
  { kind: "finish", reason: "stop" },
];
const model: Model = {
  ...facts,
  async *stream() {
    yield* answer;
  },
};
async function ask(deferred: Model, signal = new AbortController().signal): Promise<ModelPart[]> {
  const parts: ModelPart[] = [];
  for await (const part of deferred.stream({ messages: [] }, { signal })) parts.push(part);
  return parts;
}

test("deferredModel() tells its facts without loading, and loads once for all requests", async () => {
  let loads = 0;
  const deferred = deferredModel(facts, async () => {
    loads += 1;
    return model;
  });
  expect(deferred).toEqual({ ...facts, stream: expect.any(Function) });
  expect(loads).toBe(0);
  expect(await Promise.all([ask(deferred), ask(deferred)])).toEqual([answer, answer]);
  expect(await ask(deferred)).toEqual(answer);
  expect(loads).toBe(1);
});

test("deferredModel() loads again after it could not", async () => {
  const results = [Promise.reject(new Error("not there")), Promise.resolve(model)];
  results[0]?.catch(() => {});
  const deferred = deferredModel(facts, () => results.shift() ?? Promise.reject(new Error("asked a third time")));
  await expect(ask(deferred)).rejects.toThrow("not there");
  expect(await ask(deferred)).toEqual(answer);
});

test("deferredModel() loads nothing for a request that is over before it began", async () => {
  const deferred = deferredModel(facts, () => Promise.reject(new Error("loaded")));
  await expect(ask(deferred, AbortSignal.abort(new Error("over")))).rejects.toThrow("over");
});

test("deferredModel() lets go of an answer that is left, and of one that never began", async () => {
  let left = 0;
  async function* parts(): AsyncGenerator<ModelPart> {
    try {
      yield* answer;
    } finally {
      left += 1;
    }
  }
  let loads = 0;
  const deferred = deferredModel(facts, async () => {
    loads += 1;
    return { ...facts, stream: parts };
  });
  const begin = () =>
    deferred.stream({ messages: [] }, { signal: new AbortController().signal })[Symbol.asyncIterator]();
  await begin().return?.();
  expect([loads, left]).toEqual([0, 0]);
  const begun = begin();
  expect((await begun.next()).value).toEqual(answer[0]);
  expect(await begun.return?.()).toEqual({ done: true, value: undefined });
  expect([loads, left]).toEqual([1, 1]);
});
