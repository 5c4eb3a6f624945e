/** How a provider is told the longest answer: by the name under which it reads it. */
import { expect, test } from "vitest";
import { createOpenAIModel } from "../../runtime/model/openai.ts";

const STOP = `data: ${JSON.stringify({ choices: [{ delta: { content: "a" }, finish_reason: "stop" }] })}\n\n`;

test.each([
  ["https://api.mistral.ai/v1", "max_tokens"],
  ["https://api.deepseek.com", "max_tokens"],
  ["https://api.together.xyz/v1", "max_tokens"],
  ["http://127.0.0.1:11434/v1", "max_tokens"],
  ["http://ollama:8080/v1", "max_tokens"],
  ["https://api.openai.com/v1", "max_completion_tokens"],
  ["https://yoi.openai.azure.com/openai/v1", "max_completion_tokens"],
  ["https://openrouter.ai/api/v1", "max_completion_tokens"],
  ["https://notmistral.ai/v1", "max_completion_tokens"],
  ["http://127.0.0.1:8000/v1", "max_completion_tokens"],
])("a limited answer is asked for at %s with %s alone", async (baseURL, name) => {
  const sent: unknown[] = [];
  const fetch = async (_input: unknown, init?: RequestInit) => {
    if (typeof init?.body === "string") sent.push(JSON.parse(init.body));
    return new Response(STOP);
  };
  const options = { apiKey: null, baseURL, model: "m", contextWindowTokens: 100, maxOutputTokens: 7, fetch };
  const messages = [{ role: "user" as const, content: "hi" }];
  const parts = createOpenAIModel(options).stream({ messages }, { signal: new AbortController().signal });
  for await (const part of parts) expect(part).toBeDefined();
  const asked = { model: "m", messages, stream: true, stream_options: { include_usage: true } };
  expect(sent).toEqual([{ ...asked, [name]: 7 }]);
});
