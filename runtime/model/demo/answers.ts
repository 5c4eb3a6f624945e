/**
 * The demo's prose, found by name.
 *
 * Owns the reading of `answers.en.md` and `answers.ja.md`: sections that begin with `<!-- answer: name -->`, where a name
 * may stand several times, so that the same question asked twice gets another answer. Placeholders are those of prompts.
 */
import { placeholdersOf, renderPrompt } from "../../../prompts/prompt.ts";
import english from "./answers.en.md" with { type: "text" };
import japanese from "./answers.ja.md" with { type: "text" };
import { demoCommandHelp, type DemoLanguage } from "./commands.ts";

/** The sections that every language has. */
export const DEMO_ANSWER_NAMES = [
  "help",
  "unknown-command",
  "beginning",
  "think",
  "thinking",
  "markdown",
  "unicode",
  "slow",
  "burst",
  "rate-limit",
  "long",
  "greeting",
  "thanks",
  "code",
  "table",
  "plan",
  "product",
  "tools",
  "resume",
  "recall-first",
  "recall-last",
  "recall-count",
  "recall-nothing",
  "name-told",
  "name-asked",
  "name-unknown",
  "default",
] as const;

/** The name of a section, e.g. `greeting`. */
export type DemoAnswerName = (typeof DEMO_ANSWER_NAMES)[number];

/** What an answer may mention. `turn` counts from 1 and chooses among the sections of one name. */
export interface DemoAnswerFacts {
  readonly turn: number;
  readonly [mentioned: string]: string | number;
}

type Sections = ReadonlyMap<string, readonly string[]>;

const SECTIONS: Readonly<Record<DemoLanguage, Sections>> = { en: parseAnswers(english), ja: parseAnswers(japanese) };

/** The text of a section, filled in. */
export function demoAnswer(name: DemoAnswerName, language: DemoLanguage, facts: DemoAnswerFacts = { turn: 1 }): string {
  const variants = SECTIONS[language].get(name) ?? [];
  const template = variants[(facts.turn - 1) % variants.length];
  if (template === undefined) throw new TypeError(`Cannot answer: ${name} is missing in the demo's ${language} prose`);
  const values = { ...facts, commands: commandTable(language) };
  const mentioned = placeholdersOf(template);
  const used = Object.entries(values).filter(([placeholder]) => mentioned.includes(placeholder));
  return renderPrompt(template, Object.fromEntries(used.map(([placeholder, value]) => [placeholder, String(value)])));
}

const PARAGRAPH_WORDS = 80;

/**
 * A text of exactly so many words, in numbered paragraphs, so that a missing piece would show. In Japanese, which does
 * not separate them, two characters count as a word.
 */
export function longAnswer(words: number, language: DemoLanguage): string {
  const source = demoAnswer("long", language).replaceAll(/\s+/g, language === "ja" ? "" : " ");
  const [pieces, joint] = language === "ja" ? [source.match(/[^]{1,2}/gu) ?? [], ""] : [source.split(" "), " "];
  const paragraphs: string[] = [];
  for (let from = 0; from < words; from += PARAGRAPH_WORDS) {
    const count = Math.min(PARAGRAPH_WORDS, words - from) - 1;
    const body = Array.from({ length: count }, (_, index) => pieces[(from + index) % pieces.length]);
    paragraphs.push([`**${paragraphs.length + 1}.**`, body.join(joint)].filter(Boolean).join(" "));
  }
  return paragraphs.join("\n\n");
}

function commandTable(language: DemoLanguage): string {
  return demoCommandHelp(language)
    .map(({ typed, description }) => `| \`${typed}\` | ${description} |`)
    .join("\n");
}

function parseAnswers(prose: string): Sections {
  const [, ...parts] = prose.split(/^<!-- answer: ([\w-]+) -->\r?\n/m);
  const names = parts.filter((_, index) => index % 2 === 0);
  const texts = parts.filter((_, index) => index % 2 === 1);
  const sections = new Map<string, string[]>();
  for (const [index, name] of names.entries()) {
    sections.set(name, [...(sections.get(name) ?? []), (texts[index] ?? "").trim()]);
  }
  return sections;
}
