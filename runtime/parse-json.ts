/**
 * JSON that came from somebody else, before a schema looks at it.
 */

/** A text as JSON; undefined where it is none, which no schema takes. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
