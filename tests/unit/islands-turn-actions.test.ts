// @vitest-environment happy-dom
/** Rendered answers as plain text, and the person's own messages, as the actions of messages use them. */
import { expect, test } from "vitest";
import { ownMessages } from "../../islands/composer/history.ts";
import { plainText } from "../../islands/transcript/plain-text.ts";
import type { LogEntry } from "../../protocol/entry.ts";

function textOf(html: string): string {
  const root = document.createElement("div");
  root.innerHTML = html;
  return plainText(root);
}

test("plainText() sets paragraphs apart and keeps lines", () => {
  expect(textOf("<h2>One</h2><p>two <em>and</em><br>three</p><blockquote><p>four</p></blockquote>")).toBe(
    "One\n\ntwo and\nthree\n\nfour",
  );
});

test("plainText() marks and indents the items of lists", () => {
  const html =
    "<ul><li>a</li><li>b<ol start='9'><li>nine</li><li>ten</li></ol></li></ul><ol><li><p>x</p><p>y</p></li></ol>";
  expect(textOf(html)).toBe("- a\n- b\n  9. nine\n  10. ten\n\n1. x\n   y");
});

test("plainText() says of tasks which are done", () => {
  const done = "<li class='task'><input type='checkbox' checked disabled>a</li>";
  const open = "<li class='task'><p><input type='checkbox' disabled>b</p></li>";
  expect(textOf(`<ul>${done}${open}</ul>`)).toBe("- [x] a\n- [ ] b");
});

test("plainText() takes a formula as it was written", () => {
  const formula = '<span data-tex="$10^6$"><math><msup><mn>10</mn><mn>6</mn></msup></math></span>';
  expect(textOf(`<p>about ${formula} of them</p>`)).toBe("about $10^6$ of them");
  const display = (tex: string) => `<span data-display data-tex="${tex}"><math><mi>x</mi></math></span>`;
  expect(textOf(`<div>${display("$$a$$")}${display("$$b$$")}</div>`)).toBe("$$a$$\n\n$$b$$");
});

test("plainText() takes code as it is, without the page's own words around it", () => {
  const html =
    "<p>See:</p><figure><figcaption><span>ts</span><button>Copy</button></figcaption><pre><code>if (a) {\n  b();\n}\n</code></pre></figure>";
  expect(textOf(html)).toBe("See:\n\nif (a) {\n  b();\n}");
});

test("plainText() separates the cells of a table by tabs", () => {
  expect(
    textOf("<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"),
  ).toBe("a\tb\n1\t2");
});

test("ownMessages() are newest first, the same words in a row once", () => {
  const said = (content: string): LogEntry => ({ kind: "user_input", ts: 1, segments: [{ kind: "text", content }] });
  const other: LogEntry = { kind: "turn_end", ts: 1, turn_count: 1 };
  expect(ownMessages([said("a"), other, said("b"), said("b"), { kind: "hologram" }, said("")])).toEqual(["b", "a"]);
});
