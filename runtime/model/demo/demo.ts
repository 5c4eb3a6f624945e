/**
 * The offline demo's model: what answers when no key is configured.
 *
 * Owns its label, which is honest, and its assembly: the same `openai` client as for any provider, over the demo's
 * handlers. Built by the entry points; needs no network.
 */
import type { Model } from "../model.ts";
import { createOpenAIModel } from "../openai.ts";
import { createDemoHandlers, DEMO_MODEL_NAME, type DemoHandlersOptions } from "./handlers.ts";
import { handlersFetch } from "./handlers-fetch.ts";

/** The demo's window, in tokens: a usual size for a small model. */
const DEMO_CONTEXT_WINDOW_TOKENS = 32_768;

/** The demo as a model. It streams by `clock` and `random`, so that a simulator decides its pace. */
export function createDemoModel(options: DemoHandlersOptions): Model {
  return createOpenAIModel({
    apiKey: null,
    // Reserved never to exist: nothing would be reached even by mistake.
    baseURL: "http://demo.invalid/v1",
    model: DEMO_MODEL_NAME,
    provider: "demo",
    contextWindowTokens: DEMO_CONTEXT_WINDOW_TOKENS,
    fetch: handlersFetch(createDemoHandlers(options)),
  });
}
