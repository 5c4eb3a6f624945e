/**
 * A provider stub: chat completions as OpenAI streams them.
 *
 * Owns the SSE stream that an order (`answer.ts`) asks for, and counts the bytes of the bodies that it has sent. The
 * chunks of a tick are written together, each tick by itself, as providers do.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod/mini";
import { answerRequests } from "../harness/control.ts";
import { AnswerOrder, prefixOf, ticksOf, tokenText } from "./answer.ts";
import { listenLocally } from "./listen.ts";
import { keepPace } from "./pace.ts";

const ChatRequest = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string(), content: z.string() })),
});

/** Listens on a free port; tells its address and what it has sent. */
export async function start(): Promise<void> {
  let sentBytes = 0;
  const server = createServer((request, response) => {
    void readOrder(request).then((order) => stream(response, order, (bytes) => (sentBytes += bytes)));
  });
  const url = `${await listenLocally(server)}/v1`;
  answerRequests({
    address: () => url,
    /** Bytes of the bodies since the last time this was asked. */
    takeSentBytes() {
      const bytes = sentBytes;
      sentBytes = 0;
      return bytes;
    },
  });
}

async function readOrder(request: IncomingMessage): Promise<AnswerOrder> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  const { messages } = ChatRequest.parse(JSON.parse(body));
  return AnswerOrder.parse(JSON.parse(messages.at(-1)?.content ?? ""));
}

async function stream(response: ServerResponse, order: AnswerOrder, count: (bytes: number) => void): Promise<void> {
  const head = {
    id: "chatcmpl-BzXk2mQv8sJt4LhRw0PcY7eNfUa1D",
    object: "chat.completion.chunk",
    created: Math.floor(Date.now() / 1_000),
    model: "bench-2026-01-01",
    service_tier: "default",
    system_fingerprint: "fp_8d1a4c27be",
  };
  const send = (...chunks: readonly (object | string)[]): void => {
    const lines = chunks.map(
      (data) => `data: ${typeof data === "string" ? data : JSON.stringify({ ...head, ...data })}\n\n`,
    );
    const text = lines.join("");
    count(Buffer.byteLength(text));
    response.write(text);
  };
  const choice = (delta: object, finishReason: string | null) => ({
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    usage: null,
  });
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache" });
  response.socket?.setNoDelay(true);
  send(choice({ role: "assistant", content: "", refusal: null }, null));
  for (const content of prefixOf(order)) send(choice({ content }, null));
  const ticks = ticksOf(order);
  await keepPace(ticks.length, order, (tick) => {
    const [from, to] = ticks[tick] ?? [0, 0];
    send(
      ...Array.from({ length: to - from }, (_, index) => choice({ content: tokenText(order.say, from + index) }, null)),
    );
  });
  send(choice({}, "stop"));
  send({
    choices: [],
    usage: { prompt_tokens: 100, completion_tokens: order.tokens, total_tokens: 100 + order.tokens },
  });
  send("[DONE]");
  response.end();
}
