/**
 * Prompt text with typed placeholders.
 *
 * Owns the syntax `{{name}}` and nothing else: prose lives in the `.md` files beside this one. A placeholder without a
 * value and a value without a placeholder are both mistakes of a programmer, found at the first rendering.
 */

const PLACEHOLDER = /\{\{\s*([A-Za-z][\w-]*)\s*\}\}/g;

/** The names of a template's placeholders, each once, in order of appearance. */
export function placeholdersOf(template: string): readonly string[] {
  return [...new Set(Array.from(template.matchAll(PLACEHOLDER), ([, name]) => name ?? ""))];
}

/**
 * Fills a template in. Values are inserted as they are: a value that contains `{{…}}` is not expanded again.
 *
 * @example renderPrompt("Hello {{name}}.", { name: "Ada" }) // "Hello Ada."
 * @throws TypeError when a placeholder has no value, or a value no placeholder.
 */
export function renderPrompt<const Values extends Readonly<Record<string, string>>>(
  template: string,
  values: Values,
): string {
  const wanted = placeholdersOf(template);
  const missing = wanted.filter((name) => !Object.hasOwn(values, name));
  if (missing.length > 0) throw new TypeError(`Cannot render the prompt: ${missing.join(", ")} has no value`);
  const unknown = Object.keys(values).filter((name) => !wanted.includes(name));
  if (unknown.length > 0) throw new TypeError(`Cannot render the prompt: ${unknown.join(", ")} is not a placeholder`);
  return template.replaceAll(PLACEHOLDER, (_match, name: string) => values[name] ?? "");
}
