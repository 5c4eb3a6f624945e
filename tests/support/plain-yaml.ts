/**
 * The part of YAML that the project's own examples are written in.
 *
 * Owns block maps and lists, one-line lists and maps of scalars, quoted and plain scalars, and comments. Whatever else a
 * file has is an error, so that nothing is read as what it is not. Every scalar is a string.
 */
export type Yaml = string | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
}

const KEY = /^([A-Za-z0-9_.-]+):(?: +(.+))?$/;

/** Reads a file of one document. @throws SyntaxError at what is none of the part above */
export function parseYaml(source: string): Yaml {
  const lines = source.split("\n").flatMap((line): Line[] => {
    const text = line.replace(/(^| )#.*$/, "").trimEnd();
    return text.trim() === "" ? [] : [{ indent: text.length - text.trimStart().length, text: text.trim() }];
  });
  const value = parseBlock(lines);
  if (lines.length > 0) throw new SyntaxError(`Cannot read "${lines[0]?.text}": it belongs to nothing above it`);
  return value;
}

/** Takes from `lines` the block that begins with the first of them. */
function parseBlock(lines: Line[]): Yaml {
  const indent = lines[0]?.indent ?? 0;
  const isOurs = () => lines[0]?.indent === indent;
  if (lines[0]?.text.startsWith("- ") === true) {
    const items: Yaml[] = [];
    while (isOurs()) {
      const { text } = lines.shift()!;
      if (!text.startsWith("- ")) throw new SyntaxError(`Cannot read "${text}": expected an item of a list`);
      const item = text.slice(2);
      if (!KEY.test(item)) items.push(parseScalar(item));
      // A map within a list begins behind the dash.
      else items.push(parseBlock((lines.unshift({ indent: indent + 2, text: item }), lines)));
    }
    return items;
  }
  const map: Record<string, Yaml> = {};
  while (isOurs()) {
    const { text } = lines.shift()!;
    const [, key, value] = KEY.exec(text) ?? [];
    if (key === undefined || key in map) throw new SyntaxError(`Cannot read "${text}": expected a key of its own`);
    const next = lines[0];
    if (value !== undefined) map[key] = parseScalar(value);
    else if (next !== undefined && next.indent > indent) map[key] = parseBlock(lines);
    else throw new SyntaxError(`Cannot read "${text}": expected a value`);
  }
  return map;
}

function parseScalar(text: string): Yaml {
  const inner = text.slice(1, -1).trim();
  if (/^\[.*\]$/.test(text)) return inner === "" ? [] : inner.split(",").map((item) => parseScalar(item.trim()));
  if (/^\{.*\}$/.test(text)) {
    return Object.fromEntries(
      (inner === "" ? [] : inner.split(",")).map((pair): [string, Yaml] => {
        const [, key, value] = KEY.exec(pair.trim()) ?? [];
        if (key === undefined || value === undefined) throw new SyntaxError(`Cannot read "${text}"`);
        return [key, parseScalar(value)];
      }),
    );
  }
  const quoted = /^(["'])([^"'\\]*|[^"\\]*)\1$/.exec(text);
  if (quoted?.[2] !== undefined) return quoted[2];
  if (/^["'[\]{}&*!|>%@`]/.test(text)) throw new SyntaxError(`Cannot read "${text}": it is no plain scalar`);
  return text;
}
