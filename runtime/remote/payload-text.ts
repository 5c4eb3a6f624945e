/**
 * The JSON text of a payload inside a frame, as it stands there.
 *
 * Owns a scanner that finds a value in text that is known to be valid JSON. Parsing and writing anew would change what
 * this side does not know: numbers past what a double holds, and how they are written.
 */

/**
 * The text of the value at a path of keys, or null where there is none. Of equal keys the last one counts, as it does in
 * `JSON.parse`.
 *
 * @param json Valid JSON; what it gives for other text means nothing.
 * @example payloadText('{"a":{"b":1.0}}', ["a", "b"]) is "1.0".
 */
export function payloadText(json: string, path: readonly string[]): string | null {
  let text = json;
  for (const key of path) {
    const found = valueOf(text, key);
    if (found === null) return null;
    text = found;
  }
  return text;
}

function valueOf(json: string, wanted: string): string | null {
  let at = skipSpace(json, 0);
  if (json[at] !== "{") return null;
  let found: string | null = null;
  at = skipSpace(json, at + 1);
  while (json[at] === '"') {
    const keyEnd = skipString(json, at);
    const key: unknown = JSON.parse(json.slice(at, keyEnd));
    const start = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const end = skipValue(json, start);
    if (key === wanted) found = json.slice(start, end);
    at = skipSpace(json, end);
    if (json[at] !== ",") break;
    at = skipSpace(json, at + 1);
  }
  return found;
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (json[at] === " " || json[at] === "\n" || json[at] === "\r" || json[at] === "\t") at += 1;
  return at;
}

/** The index after a string that begins at `from`. */
function skipString(json: string, from: number): number {
  let at = from + 1;
  for (;;) {
    const quote = json.indexOf('"', at);
    if (quote === -1) return json.length;
    let slash = quote;
    while (json[slash - 1] === "\\") slash -= 1;
    at = quote + 1;
    if ((quote - slash) % 2 === 0) return at;
  }
}

/** The index after a value that begins at `from`. */
function skipValue(json: string, from: number): number {
  const first = json[from];
  if (first === '"') return skipString(json, from);
  if (first !== "{" && first !== "[") {
    let at = from;
    while (at < json.length && !",]} \n\r\t".includes(json[at] ?? "")) at += 1;
    return at;
  }
  let depth = 0;
  let at = from;
  while (at < json.length) {
    const char = json[at];
    if (char === '"') {
      at = skipString(json, at);
      continue;
    }
    if (char === "{" || char === "[") depth += 1;
    if (char === "}" || char === "]") depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  return at;
}
