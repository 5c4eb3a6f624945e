/** Formulas: which text is one, how it streams, and what it can become. */
import type { ComponentChild } from "preact";
import { renderToString } from "preact-render-to-string";
import { describe, expect, test } from "vitest";
import { createBlockReader, type Block } from "../../islands/markdown/blocks.ts";
import { renderMaths } from "../../islands/markdown/maths/mathml.tsx";

function* tokensOf(blocks: readonly Block[]): Generator<Block> {
  for (const block of blocks) {
    yield block;
    if ("tokens" in block && block.tokens) yield* tokensOf(block.tokens);
    if ("items" in block) yield* tokensOf(block["items"] as readonly Block[]); // why: a list's items are tokens
  }
}
const formulasOf = (blocks: readonly Block[]) => [...tokensOf(blocks)].filter(({ type }) => type === "math");
const formulas = (text: string) => formulasOf(createBlockReader().read(text, true));
const sources = (text: string) => formulas(text).map((token) => Reflect.get(token, "source"));
const html = (child: ComponentChild) => renderToString(<>{child}</>);

describe("A formula", () => {
  test.each([
    ["the area $a = \\pi r^2$ is", ["a = \\pi r^2"]],
    ["$x$, $y$ and \\(z\\)", ["x", "y", "z"]],
    ["$$\nx + y\n- z\n$$", ["x + y\n- z"]],
    ["see\n\\[\na \\\\\n+ b\n\\]\nthere", ["a \\\\\n+ b"]],
    ["- an item with $x_1$ and\n  $$\n  y\n  $$", ["x_1", "y"]],
    ["in $$a^2$$ a line", ["a^2"]],
    ["面積は$a$です", []],
    ["面積は $a$ です", ["a"]],
  ])("stands in %j", (text, expected) => {
    expect(sources(text)).toEqual(expected);
  });

  test.each([
    "$5 and $10",
    "It costs $5-$10.",
    "US$5 or US$6",
    "$20,000 dollars or 10$ more",
    "$HOME/bin and $PATH",
    "`$x$` and `\\(y\\)`",
    "```\n$$\nx\n$$\n```",
    "a \\$x\\$ b",
    "$$ is the process",
    "$$\na\n\nb\n$$",
    "$ x $",
    "\\( open",
  ])("does not stand in %j", (text) => {
    expect(sources(text)).toEqual([]);
  });

  test("is open while its end has not come, and never text that looks like something else", () => {
    const reader = createBlockReader();
    for (const text of ["So:\n\n$$", "So:\n\n$$\nx_1 * y", "So:\n\n$$\nx_1 * y_1 * z\n- 2"]) {
      expect(formulasOf(reader.read(text, false))).toMatchObject([{ isOpen: true, isDisplay: true }]);
    }
    expect(formulasOf(reader.read("So:\n\n$$\nx_1 * y_1 * z\n- 2\n$$\n\nThen", false))).toMatchObject([
      { isOpen: false, source: "x_1 * y_1 * z\n- 2" },
    ]);
    expect(formulasOf(createBlockReader().read("an \\(x_1", false))).toMatchObject([
      { isOpen: true, isDisplay: false },
    ]);
  });
});

describe("renderMaths()", () => {
  test("gives MathML", () => {
    const markup = html(renderMaths("\\frac{a}{b}", false));
    expect(markup).toBe("<math><mfrac><mi>a</mi><mi>b</mi></mfrac></math>");
    expect(html(renderMaths("x", true))).toContain('display="block"');
  });

  test.each([
    "\\wrong{x}",
    "\\frac{a",
    "x^^2",
    "\\href{javascript:alert(1)}{x}",
    "\\class{a}{b}",
    "\\style{color:red}{x}",
  ])("cannot read %j", (source) => {
    expect(renderMaths(source, false)).toBeUndefined();
  });

  test("keeps text text, whatever it is", () => {
    const markup = html(renderMaths("\\text{<script>alert(1)</script>}", false));
    expect(markup).not.toContain("<script>");
    expect(markup).toContain("&lt;script>");
  });

  test("ends on macros made to go on for ever", () => {
    expect(renderMaths("\\def\\a{\\a\\a}\\a", false)).toBeUndefined();
  });
});
