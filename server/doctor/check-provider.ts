/**
 * The provider, as the doctor sees it: whether it can be reached, takes the key and has the model.
 *
 * Owns what is asked. The list of models costs nothing; a message, which may, is sent only when it was asked for.
 */
import * as z from "zod/mini";
import { asProblem, ProblemError } from "../../protocol/problem.ts";
import type { Model } from "../../runtime/model/model.ts";
import type { ProviderConfig } from "../../runtime/provider-config.ts";
import { parseJson } from "../../runtime/parse-json.ts";
import { reasonOf, type Ask } from "./ask.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";

const SUBJECT = "provider";
const LIST_TIMEOUT_MS = 10_000;
const ACCEPT = { Accept: "application/json" };
const KEY_ADVICE = "Put the right key where provider.api_key leads, and look whether it may use this address.";
const MODEL_ADVICE = "Look at the name in provider.model.";
const VERSION_ADVICE = "Write provider.base_url with /v1 at its end.";
const SERVER_ADVICE = "Look at provider.base_url, and whether this machine reaches it.";
const TRY_ADVICE = "Run the doctor with --provider: it sends one short message.";

const ModelList = z.object({ data: z.array(z.looseObject({ id: z.string() })) });

type Headers = Readonly<Record<string, string>>;

/** Whether there is a list of models for whoever brings these headers. */
async function hasList(url: URL, headers: Headers, ask: Ask): Promise<boolean> {
  try {
    const { status, text } = await ask({ url, headers: { ...headers, ...ACCEPT }, timeoutMs: LIST_TIMEOUT_MS });
    return status === 200 && ModelList.safeParse(parseJson(text)).success;
  } catch {
    return false;
  }
}

/** Whether the address lacks its version. Some answer 200 to every path, so that nothing else tells. */
async function isBelowVersion(list: URL, headers: Headers, ask: Ask): Promise<boolean> {
  if (/\/v\d/.test(list.pathname)) return false;
  const url = new URL(list);
  url.pathname = list.pathname.replace(/models$/, "v1/models");
  return hasList(url, headers, ask);
}

/** Asks for the list of models. */
export async function checkProvider(provider: ProviderConfig, ask: Ask): Promise<Finding[]> {
  if (provider.kind === "demo") {
    return [ok(SUBJECT, "the offline demo answers: neither a key nor a base URL is configured")];
  }
  const { apiKey, baseURL, model } = provider;
  const url = new URL(baseURL);
  url.pathname += `${url.pathname.endsWith("/") ? "" : "/"}models`;
  const headers: Headers = apiKey === null ? {} : keyHeaders(url, apiKey.reveal());
  let reply;
  try {
    reply = await ask({ url, headers: { ...headers, ...ACCEPT }, timeoutMs: LIST_TIMEOUT_MS });
  } catch (error) {
    return [fail(SUBJECT, reasonOf(error), SERVER_ADVICE)];
  }
  const { status } = reply;
  if (status === 401 || status === 403) {
    return [fail(SUBJECT, `refuses ${apiKey === null ? "requests without a key" : "the key"} (${status})`, KEY_ADVICE)];
  }
  const list = ModelList.safeParse(status === 200 ? parseJson(reply.text) : undefined);
  if (!list.success) {
    if (await isBelowVersion(url, headers, ask)) {
      return [fail(SUBJECT, "has its list of models below /v1, which is missing in its address", VERSION_ADVICE)];
    }
    const found = `answers, without a list of models (${status}); whether it takes the key is not known`;
    return [warn(SUBJECT, found, TRY_ADVICE)];
  }
  const models = list.data.data;
  // With what is taken for granted where it is left out: Ollama's tag, Gemini's folder.
  const isListed = models.some(({ id }) => [model, `${model}:latest`, `models/${model}`].includes(id));
  // Then it is no proof of the key: OpenRouter and llama.cpp show theirs to everybody.
  const isPublic = apiKey !== null && (await hasList(url, {}, ask));
  const takes = apiKey === null || isPublic ? "answers without a key" : "takes the key";
  if (!isListed) return [warn(SUBJECT, `${takes}; its list of ${models.length} models has no ${model}`, MODEL_ADVICE)];
  if (!isPublic) return [ok(SUBJECT, `${takes} and has ${model}`)];
  return [warn(SUBJECT, `has ${model}, by a list for everybody; whether it takes the key is not known`, TRY_ADVICE)];
}

/** Anthropic takes OpenAI's header for messages, and its own alone for the list. */
function keyHeaders({ hostname }: URL, key: string): Headers {
  if (hostname === "api.anthropic.com") return { "x-api-key": key, "anthropic-version": "2023-06-01" };
  return { Authorization: `Bearer ${key}` };
}

const QUESTION = "Answer with the word yes.";

/** Sends one short message, and takes the time until the first piece of the answer. */
export async function tryProvider(
  model: Pick<Model, "stream" | "name">,
  firstTokenTimeoutMs: number,
  now: () => number,
): Promise<Finding[]> {
  const subject = "first token";
  const startedMs = now();
  const signal = AbortSignal.timeout(firstTokenTimeoutMs);
  try {
    for await (const part of model.stream({ messages: [{ role: "user", content: QUESTION }] }, { signal })) {
      if (part.kind === "text" || part.kind === "thinking") {
        return [ok(subject, `${model.name} began to answer after ${now() - startedMs} ms`)];
      }
    }
    return [warn(subject, `${model.name} answered nothing`, MODEL_ADVICE)];
  } catch (error) {
    if (signal.aborted) {
      const advice = "Raise run.first_token_timeout_ms, or choose a faster model.";
      return [fail(subject, `none came within ${firstTokenTimeoutMs} ms`, advice)];
    }
    if (!(error instanceof ProblemError)) throw error;
    const { code, detail } = asProblem(error);
    return [fail(subject, `${code}: ${detail.replace(/\.$/, "")}`, ADVICE.get(code) ?? SERVER_ADVICE)];
  }
}

const ADVICE: ReadonlyMap<string, string> = new Map([
  ["provider_auth_failed", KEY_ADVICE],
  ["provider_request_refused", "Look at the name in provider.model, and at the path in provider.base_url."],
  ["provider_rate_limited", "Wait, or look at the limits of the account."],
]);
