/** Colours of listings: which languages have them, that the text stays what it is, and that everybody can read them. */
import { readFileSync } from "node:fs";
import { isValidElement } from "preact";
import { renderToString } from "preact-render-to-string";
import { describe, expect, test } from "vitest";
import { createHighlighter } from "../../islands/markdown/highlight/highlight.tsx";

const highlight = createHighlighter();

function markup(text: string, language: string): string {
  const coloured = highlight(text, language);
  if (!isValidElement(coloured)) throw new Error(`Cannot colour ${language}`);
  return renderToString(coloured);
}
const textIn = (html: string) =>
  html
    .replace(/<[^>]*>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");

describe("createHighlighter()", () => {
  test.each(["ts", "js", "py", "sh", "rs", "html", "yml", "c++", "cs", "golang", "kt", "toml", "json", "dockerfile"])(
    "knows %s",
    (language) => {
      const text = 'if (a < 1 && b > 2) { return "<b>&amp;</b>"; } // é 宵';
      const html = markup(text, language);
      expect(textIn(html)).toBe(text);
      expect(html).not.toContain("<b>");
    },
  );

  test("gives words, texts and numbers classes of their own", () => {
    expect(markup('const a = "x" + 1;', "ts")).toBe(
      '<span class="hl-word">const</span> a = <span class="hl-text">&quot;x&quot;</span> + <span class="hl-number">1</span>;',
    );
  });

  test("leaves plain what it does not know, and what is too long to be read without being felt", () => {
    expect(highlight("x", "brainfuck")).toBeUndefined();
    expect(highlight("x", "constructor")).toBeUndefined();
    expect(highlight("a;\n".repeat(20_000), "js")).toBeUndefined();
  });
});

describe("the colours", () => {
  const markdown = readFileSync("islands/styles/markdown.css", "utf8");
  const tokens = readFileSync("islands/styles/tokens.css", "utf8");
  const ground = /--paper-sunken: light-dark\((#\w+), (#\w+)\)/.exec(tokens) ?? [];
  const colours = [...markdown.matchAll(/\.hl-(\w+) \{\s+color: light-dark\((#\w+), (#\w+)\)/g)];

  test("are found in the style sheet", () => {
    expect(colours.length).toBeGreaterThanOrEqual(7);
  });

  test.each(colours.map(([, name, light, dark]) => ({ name, light, dark })))(
    "$name stands out enough in light and in dark",
    ({ light = "", dark = "" }) => {
      expect(contrast(light, ground[1] ?? "")).toBeGreaterThanOrEqual(4.5);
      expect(contrast(dark, ground[2] ?? "")).toBeGreaterThanOrEqual(4.5);
    },
  );
});

/** As WCAG reckons it. */
function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
