/**
 * What the demo knows of a conversation.
 *
 * Owns the reading of it: its language, what was said before, by whom, and what the newest question is about. A real
 * model needs none of this. Pure; `topics.ts` uses it.
 */
import type { ModelMessage } from "../model.ts";
import { withoutDemoCommands, type DemoLanguage } from "./commands.ts";

const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u;
const LETTERS = /\p{L}/u;

/** What people have said, oldest first, commands left out. */
export function spokenBy(messages: readonly ModelMessage[]): readonly string[] {
  return messages
    .flatMap(({ role, content }) => (role === "user" ? [withoutDemoCommands(content)] : []))
    .filter((said) => said.trim() !== "");
}

/** The language of the newest message that shows one. */
export function languageOf(messages: readonly ModelMessage[], fallback: DemoLanguage): DemoLanguage {
  const telling = spokenBy(messages).findLast((text) => LETTERS.test(text));
  if (telling === undefined) return fallback;
  return JAPANESE.test(telling) ? "ja" : "en";
}

/** The name that somebody gave themselves in the conversation, the newest one; null when nobody did. */
export function nameIn(spoken: readonly string[]): string | null {
  const given = spoken.map(nameGiven).findLast((name) => name !== null);
  return given ?? null;
}

/** The name given in one message. */
export function nameGiven(text: string): string | null {
  const match =
    /(?:my name is|call me)\s+(\p{L}[\p{L}'-]{0,30})/iu.exec(text) ??
    /(?:名前は|わたしは|私は|僕は|俺は)\s*([\p{L}ー]{1,20}?)(?:です|だ|と申します|といいます|と言います)/u.exec(text);
  const name = match?.[1];
  return name === undefined || /^(何|なん)/.test(name) ? null : name;
}

const QUOTE_MAX_CHARS = 80;

/** A message as it is quoted: on one line, short, without what Markdown would take for markup. */
export function quoted(text: string): string {
  const line = Array.from(
    text
      .replaceAll(/\s+/g, " ")
      .replaceAll(/[`*_[\]<>|#~\\]/g, "")
      .trim(),
  );
  return line.length <= QUOTE_MAX_CHARS ? line.join("") : `${line.slice(0, QUOTE_MAX_CHARS).join("")}…`;
}

const ENGLISH_FRAME =
  /^(?:(?:please|hey|so|and|ok|okay|well|but),?\s+)*(?:(?:can|could|would|will) you\s+(?:please\s+)?|how (?:do|can|should|would) (?:i|we|you)\s+|what (?:is|are|was|were)\s+(?:the |an? )?|(?:tell|show) me (?:about )?|i (?:want|need|would like) to\s+|why (?:is|are|do|does)\s+|explain\s+|write\s+(?:me\s+)?|(?:the|an?|some)\s+)+/i;
const JAPANESE_FRAME =
  /(?:について|に関して|を|は|が|って|とは)?(?:何ですか|なんですか|何|教えて|説明して|書いて|作って|考えて|してほしい|知りたい|どうすれば(?:いい|よい)|どう思う)?(?:ください|下さい|もらえますか|くれますか|です|ます)?(?:か|かな|の)?[。.!?！？\s]*$/u;

/** What a question is about, roughly: `How do I deploy a Hono app?` is about `deploy a Hono app`. Never empty. */
export function subjectOf(text: string): string {
  const line = quoted(text);
  const bare = JAPANESE.test(line)
    ? line.replace(JAPANESE_FRAME, "")
    : line.replace(ENGLISH_FRAME, "").replace(/[\s.?!…]+$/, "");
  return bare.trim() || line || "…";
}
