/** Text in the pieces that a model would stream. Owns the cutting only; `wire.ts` sends the pieces. Pure. */

/** A few letters with the space before them, a few Japanese characters, white space, a sign or a few of it, or one other character. */
const TOKEN =
  /[ \t]?[\p{Script=Latin}\p{N}_']{1,8}|[\p{Script=Hiragana}\p{Script=Katakana}ー]{1,3}|\p{Script=Han}{1,2}|\s+|([^\p{L}\p{N}\s])\1{0,3}|./gsu;

/**
 * The pieces of a text. Joined, they are the text; none ends inside a character.
 *
 * @example tokensOf("Hello, world") // ["Hello", ",", " world"]
 */
export function tokensOf(text: string): readonly string[] {
  return text.match(TOKEN) ?? [];
}
