/**
 * Character references in prose (`&amp;`, `&#x27;`) as the characters they mean. Owns the few names that models write;
 * an unknown one stays as it stands. The result is text, never markup.
 */

const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  copy: "©",
  reg: "®",
  trade: "™",
  hellip: "…",
  mdash: "—",
  ndash: "–",
  larr: "←",
  rarr: "→",
  times: "×",
  bull: "•",
  middot: "·",
  yen: "¥",
};
const MAX_CODE_POINT = 0x10ffff;

export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]+));/gi, (whole: string, decimal, hex, name) => {
    if (typeof name === "string") return Object.hasOwn(NAMED, name) ? (NAMED[name] ?? whole) : whole;
    const point = typeof hex === "string" ? Number.parseInt(hex, 16) : Number.parseInt(String(decimal), 10);
    return point > 0 && point <= MAX_CODE_POINT ? String.fromCodePoint(point) : "\ufffd";
  });
}
