/** What a provider's refusal of a request becomes. */
import { createOpenAIModel } from "../../runtime/model/openai.ts";

/** The error of a first question that a provider answers with this status and this body. */
export function refusal(status: number, body: unknown): Promise<unknown> {
  const fetch = async () => Response.json(body, { status });
  const baseURL = "http://provider.test/v1";
  const model = createOpenAIModel({ apiKey: null, baseURL, model: "m", contextWindowTokens: 100, fetch });
  const messages = [{ role: "user" as const, content: "hi" }];
  const parts = model.stream({ messages }, { signal: new AbortController().signal });
  const first = parts[Symbol.asyncIterator]().next();
  return first.catch((error: unknown) => error);
}
