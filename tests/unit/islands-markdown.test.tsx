/** Markdown: safe at every prefix of whatever is written, and the same whether it streamed in or came whole. */
import fc from "fast-check";
import type { ComponentChild } from "preact";
import { renderToString } from "preact-render-to-string";
import { describe, expect, test } from "vitest";
import { createConsole } from "../../islands/console.ts";
import { ConsoleContext } from "../../islands/context.ts";
import { renderEnvironment } from "../../islands/environment.ts";
import { en } from "../../islands/messages-en.ts";
import { createBlockReader } from "../../islands/markdown/blocks.ts";
import { decodeEntities } from "../../islands/markdown/entities.ts";
import { renderBlock } from "../../islands/markdown/render.tsx";
import { allowedUrl } from "../../islands/markdown/url.ts";
import { consoleData } from "../support/console-data.ts";
import { MARKUP_ATTACKS } from "../support/markup-attacks.ts";

const page = createConsole(consoleData(), renderEnvironment(), en);
const html = (children: ComponentChild) =>
  renderToString(<ConsoleContext.Provider value={page}>{children}</ConsoleContext.Provider>);

const whole = (text: string) => html(<>{createBlockReader().read(text, true).map(renderBlock)}</>);

function* streamed(text: string, step = 1) {
  const reader = createBlockReader();
  for (let end = step; end < text.length + step; end += step) {
    yield html(<>{reader.read(text.slice(0, end), false).map(renderBlock)}</>);
  }
  yield html(<>{reader.read(text, true).map(renderBlock)}</>);
}

const ALLOWED_TAGS = new Set(
  (
    "a p h1 h2 h3 h4 h5 h6 strong em del code pre ul ol li input br hr blockquote " +
    "table thead tbody tr th td div span figure figcaption button"
  ).split(" "),
);

/** What no rendering may contain. The renderer escapes text, so every tag and attribute here is one that it made. */
function unsafeParts(markup: string): string[] {
  const found: string[] = [];
  for (const [, tag = ""] of markup.matchAll(/<\/?([a-zA-Z][^\s/>]*)/g)) {
    if (!ALLOWED_TAGS.has(tag)) found.push(`<${tag}>`);
  }
  for (const [, name = ""] of markup.matchAll(/<[a-z][^>]*?\s(on\w+|style|src|srcdoc|action|formaction)=/g)) {
    found.push(name);
  }
  for (const [, href = ""] of markup.matchAll(/\shref="([^"]*)"/g)) {
    if (!/^(https?:\/\/|mailto:|#)/i.test(href)) found.push(href);
  }
  return found;
}

const HOSTILE = [
  ...MARKUP_ATTACKS,
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "[x](javascript:alert(1))",
  "[x](java\tscript:alert(1))",
  "[x](&#106;avascript:alert(1))",
  "[x](JaVaScRiPt:alert(1))",
  "[x]( \u0001javascript:alert(1))",
  "[x](data:text/html,<script>1</script>)",
  "[x](vbscript:x)",
  "[x](//evil.example/x)",
  "[x](file:///etc/passwd)",
  "![x](javascript:alert(1))",
  "![x](https://example.com/a.png)",
  "<javascript:alert(1)>",
  "[x][r]\n\n[r]: javascript:alert(1)",
  '[x](https://example.com" onmouseover="alert(1))',
  "<svg/onload=alert(1)>",
  "<a href='javascript:1'>x</a>",
  "```html\n<script>\n",
  "`<b>`",
  "| a | <b> |\n|--|--|\n| [x](javascript:1) | <i> |\n",
  "- [ ] <u>\n- [x] [y](data:x)\n",
  "> > > <iframe src=javascript:1>\n",
  "**bold _it `code ~~del [li",
  "&lt;script&gt; &#60;b&#62; &#x0; &#99999999;",
  "# <h1>\n",
  "<style>*{}</style>",
  "<!-- -->",
  '```" onclick="x\n',
];

const fragments = fc.array(
  fc.oneof(
    fc.constantFrom(...HOSTILE),
    fc.constantFrom(
      "\n",
      "\n\n",
      " ",
      "    ",
      "> ",
      "- ",
      "1. ",
      "# ",
      "| ",
      "**",
      "*",
      "_",
      "`",
      "```\n",
      "~~",
      "$",
      "$$",
      "\\(",
      "\\)",
      "\\[",
      "\\]",
      "x^2",
      "|",
      "- [ ",
      "[",
      "](",
      ")",
    ),
    fc.string({ maxLength: 8 }),
    fc.constantFrom("宵の口", "「引用」", "です。", "**「強調」**は", "は**`コード`**で"),
  ),
  { maxLength: 12 },
);

describe("Markdown", () => {
  test.each(HOSTILE)("is safe at every prefix of %j", (text) => {
    for (const markup of streamed(text)) expect(unsafeParts(markup)).toEqual([]);
  });

  test("is safe at every prefix of any mixture, and streams to what the whole text gives", () => {
    fc.assert(
      fc.property(fragments, fc.integer({ min: 1, max: 9 }), (parts, step) => {
        const text = parts.join("");
        let last = "";
        for (const markup of streamed(text, step)) {
          expect(unsafeParts(markup)).toEqual([]);
          last = markup;
        }
        expect(unsafeParts(whole(text))).toEqual([]);
        expect(last).toBe(whole(text));
      }),
      { numRuns: 2_000 },
    );
  }, 60_000);

  test("reads what came last as it reads the whole text, at every prefix of any mixture", () => {
    fc.assert(
      fc.property(fragments, fc.integer({ min: 1, max: 9 }), fc.nat({ max: 20 }), (parts, step, missed) => {
        const text = parts.join("\r\n".repeat(missed % 2));
        const reader = createBlockReader();
        const other = createBlockReader();
        let before = "";
        for (let end = step; end < text.length + step; end += step) {
          const shown = text.slice(0, end);
          // One frame in so many was not drawn, so that its growth is not the one that is needed.
          const growth = { before, by: shown.slice(before.length) };
          before = shown;
          if (missed > 0 && end % (missed + 1) === 0) continue;
          expect(html(<>{reader.read(shown, false, growth).map(renderBlock)}</>)).toBe(
            html(<>{other.read(shown, false).map(renderBlock)}</>),
          );
        }
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  test("never throws on text made to exhaust a reader", () => {
    for (const text of [">".repeat(20_000), "[".repeat(5_000), "*".repeat(20_000), `${"- ".repeat(2_000)}a`]) {
      expect(unsafeParts(whole(text))).toEqual([]);
    }
  });

  test("closed blocks keep their identity while the tail grows", () => {
    const reader = createBlockReader();
    const before = reader.read("# One\n\nTwo\n\nThr", false);
    const after = reader.read("# One\n\nTwo\n\nThree **and", false);
    expect(after[0]).toBe(before[0]);
    expect(after[2]).toBe(before[2]);
    expect(after.at(-1)).not.toBe(before.at(-1));
  });

  test("text that is not a continuation starts over", () => {
    const reader = createBlockReader();
    reader.read("One\n\nTwo", false);
    expect(reader.read("Other", false)).toHaveLength(1);
  });

  test("what is still open is shown as if it were closed", () => {
    const shown = (text: string) => html(<>{createBlockReader().read(text, false).map(renderBlock)}</>);
    expect(shown("a **bo")).toBe("<p>a <strong>bo</strong></p>");
    expect(shown("a `co")).toBe("<p>a <code>co</code></p>");
    expect(shown("see [the no")).toBe("<p>see the no</p>");
    expect(shown("```ts\nconst a")).toContain('<code class="notranslate">const a</code>');
  });

  test("a fence that is being written is one block, and ends where its end is", () => {
    const reader = createBlockReader();
    expect(reader.read("```js\nlet a;\n\n# no heading\n", false)).toMatchObject([{ type: "code", lang: "js" }]);
    const blocks = reader.read("```js\nlet a;\n\n# no heading\n```\n\nAfter", false);
    expect(blocks.filter(({ type }) => type !== "space")).toMatchObject([{ type: "code" }, { type: "paragraph" }]);
  });

  test("tables, task lists, headings and listings have their elements", () => {
    expect(whole("|a|b|\n|-|-:|\n|1|2|")).toContain('<td class="align-right">2</td>');
    expect(whole("- [x] done\n- [ ] not")).toContain('<input type="checkbox" checked disabled');
    expect(whole("# Title")).toBe('<h3 data-depth="1">Title</h3>');
    expect(whole("3. a\n4. b")).toContain('<ol start="3">');
  });

  test("raw HTML is text, an image is a link", () => {
    expect(whole("a <b>x</b>")).toBe("<p>a &lt;b>x&lt;/b></p>");
    expect(whole("![alt](https://e.com/a.png)")).toContain('<a href="https://e.com/a.png" data-kind="image"');
    expect(whole("![alt](https://e.com/a.png)")).toContain('rel="noopener noreferrer nofollow"');
  });

  test("what is itself linked is that link's words, since no link can stand in another", () => {
    for (const words of ["![CI](https://e.com/ci.svg)", "**![CI](https://e.com/ci.svg)**", "CI <https://e.com/b>"]) {
      const markup = whole(`[${words}](https://e.com/ci)`);
      expect(markup.match(/<a [^>]*>/g)).toEqual([expect.stringContaining('href="https://e.com/ci"')]);
      expect(markup).toContain("CI");
    }
  });

  test("bold beside Japanese punctuation is bold, and Japanese lines join without a space", () => {
    expect(whole("これは**「カーソル」**です")).toBe("<p>これは<strong>「カーソル」</strong>です</p>");
    expect(whole("宵の\n口")).toBe("<p>宵の口</p>");
    expect(whole("two\nlines")).toBe("<p>two\nlines</p>");
  });

  test.each([
    ["これは**`code`**です", "これは<strong><code>code</code></strong>です"],
    ["**「A」**は**B**です", "<strong>「A」</strong>は<strong>B</strong>です"],
    ["これは**（`code`）**、", "これは<strong>（<code>code</code>）</strong>、"],
    ["**`a`と`b`**は", "<strong><code>a</code>と<code>b</code></strong>は"],
    ["価格（*1）は税込（*2）です", "価格（*1）は税込（*2）です"],
    ["2**`3`**4", "2**<code>3</code>**4"],
  ])("bold in %j begins and ends at its marks, where Japanese touches them", (text, shown) => {
    expect(whole(text)).toBe(`<p>${shown}</p>`);
  });

  test("bold around a link is bold beside Japanese too", () => {
    expect(whole("これは**[文書](https://e.com/a)**です")).toMatch(/^<p>これは<strong><a .*<\/a><\/strong>です<\/p>$/);
  });

  test.each([
    ["詳しくは https://e.com/docs。次に進みます。", "https://e.com/docs", "。次に進みます。"],
    ["（https://e.com/a?b=1）を参照", "https://e.com/a?b=1", "）を参照"],
    ["「https://e.com/a.」です", "https://e.com/a", ".」です"],
    ["https://e.com/a、https://e.com/b！", "https://e.com/b", "！"],
    ["https://ja.example/wiki/ジョン・レノン です", "https://ja.example/wiki/ジョン・レノン", " です"],
  ])("an address in %j ends before the punctuation behind it", (text, address, behind) => {
    expect(whole(text)).toContain(`<a href="${address}"`);
    expect(whole(text)).toContain(`>${address}</a>${behind}`);
  });
});

describe("allowedUrl()", () => {
  test("lets http, https, mailto and places on the page pass, nothing else", () => {
    for (const url of ["https://e.com/a?b#c", "HTTP://e.com", "mailto:a@e.com", "#place"]) {
      expect(allowedUrl(url)).toBe(url);
    }
    for (const url of [
      "javascript:1",
      "java\nscript:1",
      "\u00adjavascript:1",
      "data:x",
      "//e.com",
      "/a",
      "a",
      "",
      "https:",
    ]) {
      expect(allowedUrl(url)).toBeUndefined();
    }
  });
});

describe("decodeEntities()", () => {
  test("decodes what is known and leaves the rest", () => {
    expect(decodeEntities("&amp;&lt;&#39;&#x5bb5;&nope;&constructor;&")).toBe("&<'宵&nope;&constructor;&");
    expect(decodeEntities("&#0;&#x110000;")).toBe("\ufffd\ufffd");
  });
});
