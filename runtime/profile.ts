/**
 * Profiles: what kind of Worker to make.
 *
 * Owns the shape and the look-up by the wire's selector. A Worker of this project converses only: the type of `tools`
 * admits no tool, so that none can be given to it by mistake.
 */
import type { Greeting } from "../protocol/event.ts";
import { ProblemError } from "../protocol/problem.ts";
import type { ProfileSelector } from "../protocol/runtime-api.ts";
import type { Model } from "./model/model.ts";

/** A kind of Worker. */
export interface Profile {
  /** Shown to people where a Worker has no name of its own. */
  readonly label: string;
  readonly model: Model;
  /** The system prompt, made anew for each run. `now` in epoch milliseconds. */
  readonly systemPrompt: (now: number) => string;
  /** No code path gives a Worker a tool. */
  readonly tools: readonly [];
}

/** The profiles of a Runtime, by selector key: `runtime_default`, `builtin:companion`, or a name. */
export type Profiles = ReadonlyMap<string, Profile>;

/** The key of a selector: `runtime_default`, `builtin:companion`, or the plain name. */
export function profileKey(selector: ProfileSelector): string {
  switch (selector.kind) {
    case "runtime_default":
      return "runtime_default";
    case "builtin":
      return selector.value.startsWith("builtin:") ? selector.value : `builtin:${selector.value}`;
    case "named":
      return selector.value;
  }
}

/** A selector without the keys that nobody here knows. */
export function plainSelector(selector: ProfileSelector): ProfileSelector {
  return selector.kind === "runtime_default" ? { kind: selector.kind } : { kind: selector.kind, value: selector.value };
}

/** Which profile a Worker gets. */
export interface ProfileChoice {
  readonly profile: Profile;
  /** Whether it stands in for one that this Runtime lacks. */
  readonly isStandIn: boolean;
}

/**
 * The profile for a selector. What a stored config bundle lists, a Backend may rely on: a `builtin` profile that is
 * missing here is then the default one, and whoever asks says so aloud.
 *
 * @throws ProblemError invalid_request, unsupported
 */
export function chooseProfile(profiles: Profiles, selector: ProfileSelector, isListedByBundle: boolean): ProfileChoice {
  const profile = profiles.get(profileKey(selector));
  if (profile || !isListedByBundle) return { profile: profile ?? findProfile(profiles, selector), isStandIn: false };
  if (selector.kind === "builtin") {
    return { profile: findProfile(profiles, { kind: "runtime_default" }), isStandIn: true };
  }
  throw new ProblemError("unsupported", `profile: there is no profile "${profileKey(selector)}" here.`);
}

/** @throws ProblemError invalid_request where the Runtime has no such profile */
function findProfile(profiles: Profiles, selector: ProfileSelector): Profile {
  const key = profileKey(selector);
  const profile = profiles.get(key);
  if (profile) return profile;
  const known = [...profiles.keys()].join(", ");
  throw new ProblemError("invalid_request", `profile: there is no profile "${key}" here; known are ${known}.`);
}

/** How a Worker of a profile introduces itself. */
export function greetingOf(displayName: string, { model, tools }: Profile): Greeting {
  return {
    worker_name: displayName,
    cwd: "",
    provider: model.provider,
    model: model.name,
    scope_summary: "",
    tools: [...tools],
    context_window: model.contextWindowTokens,
    context_tokens: 0,
  };
}
