/**
 * The Companion's system prompt, by language.
 *
 * Owns which prose file belongs to which language and the names of its placeholders. The Backend renders it for
 * `companion@backend-internal`; a prompt of the owner's own, read from a file, takes the same placeholders.
 */
import companionEnglish from "./companion.md" with { type: "text" };
import companionJapanese from "./companion.ja.md" with { type: "text" };
import { placeholdersOf, renderPrompt } from "./prompt.ts";

/** What the Companion's prompt may mention. */
export interface CompanionValues {
  /** The workspace's display name, e.g. `My workspace`. */
  readonly workspace: string;
  /** The language to fall back to, by its own name, e.g. `English` or `日本語`. */
  readonly language: string;
  /** Today where the server is, e.g. `2026-11-21`. */
  readonly date: string;
}

/** A language that the Companion has a prompt in. */
export type CompanionLanguage = "en" | "ja";

/** The Companion's own prompts, to be rendered by {@link renderCompanionPrompt}. */
export const COMPANION_PROMPTS: Readonly<Record<CompanionLanguage, string>> = {
  en: companionEnglish,
  ja: companionJapanese,
};

/**
 * The Companion's system prompt from a template: one of {@link COMPANION_PROMPTS} or the owner's own, which need not
 * mention every value.
 *
 * @throws TypeError when the template has a placeholder that is not one of `CompanionValues`.
 */
export function renderCompanionPrompt(template: string, values: CompanionValues): string {
  const mentioned = placeholdersOf(template);
  const used = Object.fromEntries(Object.entries({ ...values }).filter(([name]) => mentioned.includes(name)));
  return renderPrompt(template, used).trim();
}
