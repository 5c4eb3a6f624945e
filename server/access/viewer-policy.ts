/**
 * What a visitor may see and do.
 *
 * Owns the pure step from who somebody is, and the rules, to a policy. A rule holds for whom one of its patterns means and
 * none of its exceptions. Who may change the rules is a list of its own, which no rule touches.
 */
import type { ViewerRules } from "../../protocol/viewer-rules.ts";
import { hideInnerWork } from "../hide-inner-work.ts";
import { passThrough, type ObservationPolicy } from "../policy.ts";
import type { Identity } from "./identity.ts";

/** What a viewer may see and do. */
export interface ViewerPolicy {
  readonly observation: ObservationPolicy;
  /** Whether it may tell Workers anything: send, stop, make, rename. */
  readonly mayCommand: boolean;
}

/** What a viewer may see and do, as it changes. */
export interface ViewerRights {
  /** What holds now. */
  readonly policy: ViewerPolicy;
  /** Tells of every change, in the step in which it happens, until the signal aborts. */
  onChange(listener: () => void, until: AbortSignal): void;
}

/** Everything. */
const EVERYTHING: ViewerPolicy = { observation: passThrough, mayCommand: true };

/** The rights of whoever no rule holds for, now or ever: the server itself. */
export const FULL_RIGHTS: ViewerRights = { policy: EVERYTHING, onChange: () => {} };

/** The policy of a visitor. */
export function policyFor(identity: Identity, rules: ViewerRules): ViewerPolicy {
  return {
    observation: isMeant(identity, rules.hide_inner_work) ? hideInnerWork : passThrough,
    mayCommand: !isMeant(identity, rules.read_only),
  };
}

/** Whether a list of patterns means a visitor. */
export function isMeant(identity: Identity, patterns: readonly string[]): boolean {
  const matches = patterns.filter((pattern) => isMatch(identity, pattern.replace(/^!/, "")));
  return matches.length > 0 && !matches.some((pattern) => pattern.startsWith("!"));
}

const KIND_NAMES = { anyone: "@anyone", session: "@login", program: "@program", user: "@user" } as const;

function isMatch(identity: Identity, pattern: string): boolean {
  if (pattern === "*") return true;
  if (pattern.startsWith("@")) return pattern === KIND_NAMES[identity.kind];
  return identity.kind === "user" && isWildMatch(identity.name, pattern);
}

/** Whether a text is what a pattern says, in which `*` stands for anything. Takes as long as both are, however many `*`. */
function isWildMatch(text: string, pattern: string): boolean {
  const [first = "", ...parts] = pattern.split("*");
  const last = parts.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
