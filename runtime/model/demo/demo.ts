/**
 * The offline demo's model: what answers when no key is configured.
 *
 * Owns its assembly: the same `openai` client as for any provider, over the demo's handlers. Built by the profiles; needs
 * no network.
 */
import { NO_TRACING, type Tracing } from "../../tracing/tracing.ts";
import type { Model } from "../model.ts";
import { createOpenAIModel } from "../openai.ts";
import { DEMO_FACTS } from "./facts.ts";
import { createDemoHandlers, type DemoHandlersOptions } from "./handlers.ts";
import { handlersFetch } from "./handlers-fetch.ts";

/** The demo as a model. It streams by `clock` and `random`, so that a simulator decides its pace. */
export function createDemoModel(options: DemoHandlersOptions, tracing: Tracing = NO_TRACING): Model {
  const { provider, name: model, contextWindowTokens } = DEMO_FACTS;
  return createOpenAIModel({
    apiKey: null,
    // Reserved never to exist: nothing would be reached even by mistake.
    baseURL: "http://demo.invalid/v1",
    model,
    provider,
    contextWindowTokens,
    fetch: handlersFetch(createDemoHandlers(options)),
    traced: { tracing, isTold: false },
    clock: options.clock,
  });
}
