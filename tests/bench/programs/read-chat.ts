/**
 * A provider's stream, read with nothing but `fetch`.
 *
 * Owns the request and the taking apart of the answer; the pieces are whoever's asked.
 */
import type { AnswerOrder } from "./answer.ts";

interface ChatChunk {
  readonly choices: readonly { readonly delta: { readonly content?: string } }[];
}

/** What a gateway in front of the provider wants to be told. */
export interface ChatOptions {
  readonly headers?: Readonly<Record<string, string>>;
}

/** The texts of an answer's pieces, as they come. */
export async function* readChat(
  providerUrl: string,
  order: AnswerOrder,
  { headers = {} }: ChatOptions = {},
): AsyncGenerator<string> {
  const response = await fetch(`${providerUrl}/chat/completions`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({
      model: "bench",
      stream: true,
      messages: [{ role: "user", content: JSON.stringify(order) }],
    }),
  });
  if (!response.ok || response.body === null) {
    throw new Error(`Cannot read the provider: it answered ${response.status} ${await response.text()}`);
  }
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data: {")) continue;
      const chunk: ChatChunk = JSON.parse(line.slice("data: ".length));
      const content = chunk.choices[0]?.delta.content ?? "";
      if (content !== "") yield content;
    }
  }
}
