/**
 * The profiles of a Runtime whose Workers converse.
 *
 * Owns their making from configuration: the model, the prompt, and which selectors mean them. Entry points and the
 * workspace server call it; the core only looks profiles up.
 */
import { COMPANION_PROMPTS, renderCompanionPrompt } from "../prompts/companion.ts";
import { systemClock, systemRandom } from "./clock.ts";
import { deferredModel } from "./model/deferred.ts";
import { DEMO_FACTS } from "./model/demo/facts.ts";
import { estimateMessagesTokens } from "./model/history.ts";
import type { Model } from "./model/model.ts";
import { openAIFacts, type OpenAIModelOptions } from "./model/openai-options.ts";
import type { ProviderFetch } from "./model/provider-fetch.ts";
import type { Profile, Profiles } from "./profile.ts";
import type { AnswerConfig } from "./provider-config.ts";
import { ConfigError } from "./settings.ts";
import { NO_TRACING, type Tracing } from "./tracing/tracing.ts";

/** The Companion's profile. */
export const COMPANION_PROFILE = "builtin:companion";

/** How a provider is asked. */
export interface ProviderAccess {
  /** Absent: calls are not traced. */
  readonly tracing?: Tracing;
  /** Makes the requests; absent: the platform's own. The demo's provider is none to make requests to. */
  readonly fetch?: ProviderFetch | undefined;
}

/**
 * The Companion's profile and the default one.
 *
 * @param workspaceName What the prompt calls the place.
 * @throws ConfigError where the owner's own prompt can't be rendered, or leaves no room for a message
 */
export function createConverseProfiles(
  config: AnswerConfig,
  workspaceName: string,
  access: ProviderAccess = {},
): Profiles {
  const template = config.prompt ?? COMPANION_PROMPTS[config.language];
  const systemPrompt = (now: number): string =>
    renderCompanionPrompt(template, {
      workspace: workspaceName,
      language: config.language === "ja" ? "日本語" : "English",
      date: dayOf(now),
    });
  let prompt: string;
  try {
    prompt = systemPrompt(systemClock.now());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "it can't be rendered";
    throw new ConfigError(`Cannot start: YOI_PROMPT_FILE: ${reason}.`, { cause });
  }
  const model = modelOf(config, access);
  checkRoom(prompt, model, config);
  const companion: Profile = { label: "Companion", model, systemPrompt, tools: [] };
  return new Map([
    [COMPANION_PROFILE, companion],
    ["runtime_default", { ...companion, label: "Worker" }],
  ]);
}

/** @throws ConfigError where no message could be so short that it fits beside the prompt */
function checkRoom(prompt: string, { contextWindowTokens }: Model, { run }: AnswerConfig): void {
  const leastTokens = estimateMessagesTokens([
    { role: "system", content: prompt },
    { role: "user", content: "?" },
  ]);
  if (leastTokens + run.reservedOutputTokens <= contextWindowTokens) return;
  throw new ConfigError(
    "Cannot start: YOI_PROMPT_FILE: the prompt leaves no room for a message in the model's window of " +
      `${contextWindowTokens} tokens, ${run.reservedOutputTokens} of which are kept for the answer.`,
  );
}

function modelOf({ provider, language }: AnswerConfig, { tracing = NO_TRACING, fetch }: ProviderAccess): Model {
  if (provider.kind === "demo") {
    const { pace } = provider;
    return deferredModel(DEMO_FACTS, async () => {
      const { createDemoModel } = await import("./model/demo/demo.ts");
      return createDemoModel({ clock: systemClock, random: systemRandom, pace, language }, tracing);
    });
  }
  const { kind: _kind, apiKey, maxOutputTokens, isTraceTold, ...rest } = provider;
  const options: OpenAIModelOptions = {
    ...rest,
    apiKey: apiKey?.reveal() ?? null,
    ...(maxOutputTokens === null ? {} : { maxOutputTokens }),
    traced: { tracing, isTold: isTraceTold },
    ...(fetch === undefined ? {} : { fetch }),
  };
  return deferredModel(openAIFacts(options), async () => {
    const { createOpenAIModel } = await import("./model/openai.ts");
    return createOpenAIModel(options);
  });
}

/** The day in the process's time zone, e.g. `2026-11-21`: that of UTC may be yesterday for those who ask. */
function dayOf(now: number): string {
  const date = new Date(now);
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part) => String(part).padStart(2, "0")).join("-");
}
