/** What the doctor makes of a provider's list of models. */
import { expect, test } from "vitest";
import { Secret } from "../../runtime/secret.ts";
import type { Ask, Question } from "../../server/doctor/ask.ts";
import { checkProvider } from "../../server/doctor/check-provider.ts";

const provider = (baseURL: string, model: string) => ({
  kind: "openai" as const,
  apiKey: new Secret("k"),
  baseURL,
  model,
  api: "chat" as const,
  contextWindowTokens: 8_192,
  maxOutputTokens: null,
  isTraceTold: false,
});

/** Lists one model to those who may see it. */
const listing =
  (id: string, maySee: (headers: NonNullable<Question["headers"]>) => boolean): Ask =>
  async ({ headers = {} }) => ({
    status: maySee(headers) ? 200 : 401,
    headers: {},
    text: JSON.stringify({ data: [{ id }] }),
  });

test.each([
  ["m", "m"],
  ["llama3", "llama3:latest"],
  ["gemini-3-flash", "models/gemini-3-flash"],
])("the model %s is found in a list that calls it %s", async (model, id) => {
  const ask = listing(id, (headers) => headers["Authorization"] === "Bearer k");
  expect(await checkProvider(provider("http://provider.test/v1", model), ask)).toMatchObject([
    { status: "ok", found: `takes the key and has ${model}` },
  ]);
});

test("a model of the same beginning is another one", async () => {
  const ask = listing("llama3:70b", (headers) => headers["Authorization"] === "Bearer k");
  expect(await checkProvider(provider("http://provider.test/v1", "llama3"), ask)).toMatchObject([
    { status: "warn", found: "takes the key; its list of 1 models has no llama3" },
  ]);
});

test("a list that everybody gets proves no key", async () => {
  const everybodys = listing("m", () => true);
  const findings = await checkProvider(provider("http://provider.test/v1", "m"), everybodys);
  expect(findings).toMatchObject([
    {
      status: "warn",
      found: "has m, by a list for everybody; whether it takes the key is not known",
      advice: "Run the doctor with --provider: it sends one short message.",
    },
  ]);
});

test("Anthropic's list is asked for with the header that it wants", async () => {
  const ask = listing(
    "claude",
    (headers) =>
      headers["x-api-key"] === "k" && headers["anthropic-version"] !== undefined && !("Authorization" in headers),
  );
  expect(await checkProvider(provider("https://api.anthropic.com/v1", "claude"), ask)).toMatchObject([
    { status: "ok", found: "takes the key and has claude" },
  ]);
});
