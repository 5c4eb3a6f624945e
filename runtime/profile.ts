/**
 * Profiles: what kind of Worker to make.
 *
 * Owns the shape and the look-up by the wire's selector. A Worker of this project converses only: the type of `tools`
 * admits no tool, so that none can be given to it by mistake.
 */
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

/** @throws ProblemError invalid_request where the Runtime has no such profile */
export function findProfile(profiles: Profiles, selector: ProfileSelector): Profile {
  const key = profileKey(selector);
  const profile = profiles.get(key);
  if (profile) return profile;
  const known = [...profiles.keys()].join(", ");
  throw new ProblemError("invalid_request", `profile: there is no profile "${key}" here; known are ${known}.`);
}
