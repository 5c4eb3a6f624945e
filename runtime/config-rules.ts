/**
 * What a config bundle may say.
 *
 * Owns the rules for each of its fields. A bundle names things and never holds them: no path, no socket, no address and
 * no secret gets in, and what a declaration refers to is named by a prefix that fits its kind.
 */
import {
  CONFIG_BUNDLE_ID_MAX_CHARS,
  CONFIG_LIST_MAX_ITEMS,
  CONFIG_TEXT_MAX_CHARS,
  type ConfigBundle,
  type ConfigDeclaration,
} from "../protocol/config-bundle.ts";
import { ProblemError, type ProblemCode } from "../protocol/problem.ts";
import type { ConfigBundleRef, ProfileSelector } from "../protocol/runtime-api.ts";

const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9\-_.:]*$/;
const DIGEST_PATTERN = /^[0-9a-f]{64}$/;
const REFERENCE_PATTERN = /^[A-Za-z0-9:\-_.@+]+$/;
const CONTROL_PATTERN = /\p{Cc}/u;

/** Traces of paths, sockets and sessions, in lower case. */
const FORBIDDEN = [
  ":\\",
  ".cache",
  ".yoi/sessions",
  ".yoi\\sessions",
  "/sessions/",
  "\\sessions\\",
  "/run/",
  "\\run\\",
  ".sock",
  "/sock",
  "\\sock",
  "socket=",
  "session_path",
  "cache_path",
] as const;

const REFERENCE_PREFIXES: ReadonlyMap<string, readonly string[]> = new Map([
  ["secret_ref", ["secret:", "secret-ref:", "vault:", "keyring:"]],
  ["mount_grant", ["mount:", "mount-grant:"]],
  ["network_policy", ["network:", "network-policy:"]],
  ["shell_policy", ["shell:", "shell-policy:"]],
  ["git_policy", ["git:", "git-policy:"]],
  ["capability_grant", ["capability:", "capability-grant:"]],
]);

/**
 * Checks every field of a bundle; whether its digest is the right one is another question.
 *
 * @throws ProblemError invalid_request, invalid_profile_selector, unsupported_config_declaration
 */
export function checkConfigBundleFields({ metadata, profiles = [], declarations = [] }: ConfigBundle): void {
  const { provenance } = metadata;
  checkConfigBundleRef({ id: metadata.id, digest: metadata.digest }, "bundle.metadata");
  checkText("bundle.metadata.revision", metadata.revision, true);
  checkText("bundle.metadata.workspace_id", metadata.workspace_id, true);
  if (metadata.created_at.trim() === "" || charCount(metadata.created_at) > CONFIG_TEXT_MAX_CHARS) {
    refuse("bundle.metadata.created_at", `expected 1 to ${CONFIG_TEXT_MAX_CHARS} characters`);
  }
  checkText("bundle.metadata.provenance.source", provenance.source, true);
  if (typeof provenance.detail === "string") checkText("bundle.metadata.provenance.detail", provenance.detail);
  checkCount("bundle.profiles", profiles);
  checkCount("bundle.declarations", declarations);
  profiles.forEach(({ selector, label }, index) => {
    checkProfileSelector(selector, `bundle.profiles.${index}.selector`);
    if (typeof label === "string") checkText(`bundle.profiles.${index}.label`, label);
  });
  declarations.forEach((declaration, index) => checkDeclaration(`bundle.declarations.${index}`, declaration));
}

/** @throws ProblemError invalid_request where an id or a digest is not well-formed */
export function checkConfigBundleRef({ id, digest }: ConfigBundleRef, at = "config_bundle"): void {
  if (id.length > CONFIG_BUNDLE_ID_MAX_CHARS || !ID_PATTERN.test(id)) {
    refuse(`${at}.id`, `expected 1 to ${CONFIG_BUNDLE_ID_MAX_CHARS} letters, digits, -, _, . and :`);
  }
  checkText(`${at}.id`, id, true);
  if (!DIGEST_PATTERN.test(digest)) refuse(`${at}.digest`, "expected 64 lower-case hex digits");
}

/** @throws ProblemError invalid_profile_selector where it is blank or says what it must not */
export function checkProfileSelector(selector: ProfileSelector, at = "profile"): void {
  if (selector.kind !== "runtime_default") checkText(`${at}.value`, selector.value, true, "invalid_profile_selector");
}

function checkDeclaration(at: string, { kind, name, reference }: ConfigDeclaration): void {
  const prefixes = REFERENCE_PREFIXES.get(kind);
  if (prefixes === undefined) refuse(`${at}.kind`, "it is not supported here", "unsupported_config_declaration");
  checkText(`${at}.name`, name);
  if (reference.length > CONFIG_TEXT_MAX_CHARS || !REFERENCE_PATTERN.test(reference)) {
    refuse(`${at}.reference`, `expected 1 to ${CONFIG_TEXT_MAX_CHARS} letters, digits, :, -, _, ., @ and +`);
  }
  if (!prefixes.some((prefix) => reference.startsWith(prefix) && reference.length > prefix.length)) {
    refuse(`${at}.reference`, `expected ${prefixes.join(" or ")} and a name`, "unsupported_config_declaration");
  }
}

function checkText(at: string, text: string, isRequired = false, code: ProblemCode = "invalid_request"): void {
  if (isRequired && text.trim() === "") refuse(at, "expected at least one visible character", code);
  if (charCount(text) > CONFIG_TEXT_MAX_CHARS) refuse(at, `expected at most ${CONFIG_TEXT_MAX_CHARS} characters`, code);
  if (CONTROL_PATTERN.test(text)) refuse(at, "expected no control characters", code);
  const lower = text.toLowerCase();
  if (/^[/~]/.test(text) || FORBIDDEN.some((trace) => lower.includes(trace))) {
    refuse(at, "expected a name, not a path, a socket or a session", code);
  }
}

function checkCount(at: string, items: readonly unknown[]): void {
  if (items.length > CONFIG_LIST_MAX_ITEMS) refuse(at, `expected at most ${CONFIG_LIST_MAX_ITEMS} items`);
}

/** Counts characters as the reference does: by code point. Cheap where the answer is plain. */
function charCount(text: string): number {
  return text.length <= CONFIG_TEXT_MAX_CHARS ? text.length : Array.from(text).length;
}

function refuse(at: string, reason: string, code: ProblemCode = "invalid_request"): never {
  throw new ProblemError(code, `${at}: ${reason}.`);
}
