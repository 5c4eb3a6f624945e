/**
 * HTTP for the doctor, by Node's own client, which Deno has too: answers as they come over the wire.
 *
 * Owns the request, its end in time, and the words for a failure, which name no address.
 */
import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { connectionFailure, timedOut } from "../runtime/remote/connection-failure.ts";
import type { Ask, Question, Reply } from "./doctor/ask.ts";

/** Most of an answer that is read. A provider's list of some hundred models takes a megabyte. */
const MAX_CHARS = 8 * 1024 * 1024;
const LABEL = "it";

/** Asks over the network. @throws ProblemError runtime_refused, runtime_name_unknown, runtime_tls_failed, runtime_timeout, runtime_network_failed */
export const askNode: Ask = (question) => {
  const { url, method = "GET", headers = {}, body, timeoutMs, signal } = question;
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  const asked = request(url, { method, headers: { ...headers, Connection: "close" } }, (response) => {
    read(response, question).then(resolve, refuse);
  });
  const refuse = (error: unknown): void => reject(connectionFailure(error, LABEL));
  const giveUp = (): void => reject(timedOut(LABEL));
  const timer = setTimeout(giveUp, timeoutMs);
  signal?.addEventListener("abort", giveUp, { once: true });
  asked.on("error", refuse);
  asked.end(body);
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
    asked.destroy();
  });
};

async function read(response: IncomingMessage, { onPiece }: Question): Promise<Reply> {
  let text = "";
  response.setEncoding("utf8");
  for await (const piece of response) {
    onPiece?.(String(piece));
    if (text.length < MAX_CHARS) text = (text + String(piece)).slice(0, MAX_CHARS);
    else if (onPiece === undefined) break;
  }
  const headers = Object.entries(response.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join("\n") : (value ?? ""),
  ]);
  // why: a pair of texts each, as just made.
  return { status: response.statusCode ?? 0, headers: Object.fromEntries(headers) as Record<string, string>, text };
}
