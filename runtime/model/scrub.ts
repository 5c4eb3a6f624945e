/**
 * Makes a stranger's words fit for a browser.
 *
 * Owns the rule by which a provider's own message is shown to people: on one line, short, and without anything that
 * names a secret or a place (keys, tokens, URLs, hosts, file paths). It prefers hiding too much over hiding too little.
 * Called by `openai-errors.ts`; pure.
 */

/** Longest reason shown, in characters. */
export const REASON_MAX_CHARS = 300;

/** Most that is read of a reason, in characters; the rules below never see more. */
const READ_MAX_CHARS = 4_000;

const HIDDEN = "[hidden]";

type Rule = readonly [pattern: RegExp, replacement: string];

/** Whole addresses, before the secrets in them: what is left of an address would be a path. */
const ADDRESS_RULES: readonly Rule[] = [
  [/\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"'<>)\]}]*[^\s"'<>)\]}.,;:!?]/gi, HIDDEN],
  [/\bwww\.[^\s"'<>)\]}]*[^\s"'<>)\]}.,;:!?]/gi, HIDDEN],
];

/** In order: what contains others comes first. */
const RULES: readonly Rule[] = [
  [/\b(bearer|basic)\s+[\w.~+/=*-]{5,}[\w~+/=*-]/gi, `$1 ${HIDDEN}`],
  [/\b(token|key)\s+(?=\S*\d)[\w.~+/=*-]{11,}[\w~+/=*-]/gi, `$1 ${HIDDEN}`],
  [
    /\b((?:api[-_ ]?key|authorization|password|secret|access[-_ ]?token)["']?\s*[:=]\s*)["']?[^\s"',;}]+/gi,
    `$1${HIDDEN}`,
  ],
  // A JSON Web Token.
  [/\beyJ[\w-]{5,}\.[\w.-]+/g, HIDDEN],
  // Vendors' prefixes: sk-…, sk_live_…, gsk_…, xai-…, AIza…, hf_…, ghp_…, org-…, proj_…
  [/\b(?:sk|pk|rk|gsk|xai|hf|ghp|gho|github_pat|glpat|xox[abp]|org|proj|key)[-_][\w*.-]{3,}[\w*-]/gi, HIDDEN],
  [/\bAIza[\w-]{10,}/g, HIDDEN],
  // A key that the provider masked itself still shows its ends.
  [/[^\s"'()]*\*{3,}(?:[^\s"'()]*[^\s"'().,;:!?])?/g, HIDDEN],
  // Windows and UNC paths, then POSIX ones (not the slash inside `and/or` or `openai/gpt`).
  [/\b[a-z]:\\[^\s"'<>]*/gi, HIDDEN],
  [/\\\\[\w.-]+\\[^\s"'<>]*/g, HIDDEN],
  [/(^|[\s"'(=:[,])(?:~|\.{1,2})?\/[\w.@~+%-]+(?:\/[\w.@~+%-]*)*/g, `$1${HIDDEN}`],
  // Addresses: IPv4 with or without a port, bracketed IPv6, host:port, and names that end like a host's.
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g, HIDDEN],
  [/\[[\da-f]*:[\da-f:.]+\](?::\d{1,5})?/gi, HIDDEN],
  [/\b[a-z][\w-]*(?:\.[\w-]+)*:\d{2,5}\b/gi, HIDDEN],
  [
    /\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|ai|dev|cloud|app|local|internal|localhost|lan|invalid|test|example|jp|de|fr|uk|cn|eu|us|co)\b/gi,
    HIDDEN,
  ],
  // What is long and looks like nothing a person would read: digests, base64.
  [/\b(?=[\w+/=-]*\d)[\w+/=-]{32,}/g, HIDDEN],
];

/**
 * The secrets that configuration itself plants into a provider's words: the key, the base URL and each part of it that
 * names the place, longest first. Hand the result to {@link scrubReason}.
 *
 * @example secretsOf("sk-1", "http://10.0.0.5:8080/v1")
 * // ["http://10.0.0.5:8080/v1", "http://10.0.0.5:8080", "10.0.0.5:8080", "10.0.0.5", "sk-1"]
 */
export function secretsOf(apiKey: string | null, baseURL: string): readonly string[] {
  const found = [baseURL, apiKey ?? ""];
  if (URL.canParse(baseURL)) {
    const { origin, host, hostname, username, password } = new URL(baseURL);
    found.push(origin, host, hostname, username, password);
  }
  return [...new Set(found)].filter((secret) => secret.length > 0).sort((a, b) => b.length - a.length);
}

/**
 * One short line of a stranger's text without secrets and places.
 *
 * @example scrubReason("Incorrect API key provided: sk-abc***xyz.", []) // "Incorrect API key provided: [hidden]"
 */
export function scrubReason(text: string, secrets: readonly string[]): string {
  const rules = [...ADDRESS_RULES, ...secrets.map(secretRule), ...RULES];
  const scrubbed = rules.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), readable(text));
  const line = scrubbed.replaceAll(/(?:\[hidden\][^\w\s]?){2,}/g, HIDDEN).trim();
  const characters = Array.from(line);
  return characters.length <= REASON_MAX_CHARS ? line : `${characters.slice(0, REASON_MAX_CHARS - 1).join("")}…`;
}

function secretRule(secret: string): Rule {
  return [new RegExp(secret.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"), "gi"), HIDDEN];
}

/** The beginning of a text on one line. A word that the cut would split is left out: half a key is no longer recognised. */
function readable(text: string): string {
  const start = text.length <= READ_MAX_CHARS ? text : text.slice(0, READ_MAX_CHARS).replace(/[!-~]*$/, "");
  return start.toWellFormed().replaceAll(/[\s\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ");
}
