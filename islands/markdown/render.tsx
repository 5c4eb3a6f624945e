/**
 * Blocks as elements. Owns the mapping from the lexer's tokens to vnodes, and with it what a text can never become: raw
 * HTML is shown as text, an image is a link (nothing is fetched), and a link leads only where `allowedUrl` says.
 */
import type { MarkedToken, Token, Tokens } from "marked";
import type { ComponentChild, ComponentChildren } from "preact";
import type { Block } from "./blocks.ts";
import { CodeBlock } from "./code-block.tsx";
import { decodeEntities } from "./entities.ts";
import type { MathToken } from "./math-tokens.ts";
import { Maths } from "./maths.tsx";
import { allowedUrl } from "./url.ts";
import { TaskBox } from "./task-box.tsx";

/** Deeper nesting than this is shown as text. */
const MAX_DEPTH = 24;
/** The page's own headings come first. */
const HEADING_OFFSET = 2;

export function renderBlock(block: Block): ComponentChild {
  if (block.type === "plain") return <p class="plain">{block.raw}</p>;
  return renderToken(known(block), 0);
}

/** why: the lexer's only extension is the one for formulas, so every token is one of its own kinds or a formula. */
function known(token: Token): MarkedToken | MathToken {
  return token as MarkedToken | MathToken;
}

function renderTokens(tokens: readonly Token[] | undefined, depth: number, isLinked = false): ComponentChildren {
  return tokens?.map((token) => renderToken(known(token), depth + 1, isLinked));
}

/** @param isLinked Whether it stands within a link, where no other may stand. */
function renderToken(token: MarkedToken | MathToken, depth: number, isLinked = false): ComponentChild {
  if (depth > MAX_DEPTH) return token.raw;
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "paragraph":
      return <p>{renderTokens(token.tokens, depth)}</p>;
    case "heading":
      return heading(token, depth);
    case "code":
      return <CodeBlock language={token.lang ?? ""} text={token.text} isWhole={isWhole(token)} />;
    case "math":
      return <Maths source={token.source} raw={token.raw} isDisplay={token.isDisplay} isOpen={token.isOpen} />;
    case "blockquote":
      return <blockquote>{renderTokens(token.tokens, depth)}</blockquote>;
    case "list":
      return list(token, depth);
    case "list_item":
      return listItem(token, depth);
    case "table":
      return table(token, depth);
    case "hr":
      return <hr />;
    case "html":
      return token.block ? <p class="plain">{token.text.trimEnd()}</p> : token.text;
    case "text":
      return token.tokens ? <>{renderTokens(token.tokens, depth, isLinked)}</> : prose(token.text);
    case "escape":
      return token.text;
    case "strong":
      return <strong>{renderTokens(token.tokens, depth, isLinked)}</strong>;
    case "em":
      return <em>{renderTokens(token.tokens, depth, isLinked)}</em>;
    case "del":
      return <del>{renderTokens(token.tokens, depth, isLinked)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "checkbox":
      return <TaskBox isDone={token.checked} />;
    case "link": {
      const words = renderTokens(token.tokens, depth, true);
      // An address in angle brackets is one to the lexer wherever it stands.
      return isLinked ? <>{words}</> : link(token.href, words);
    }
    case "image": {
      const words = token.text === "" ? token.href : decodeEntities(token.text);
      return isLinked ? words : link(token.href, words, "image");
    }
  }
}

/** Whether a listing's closing fence has come. */
function isWhole({ raw }: Tokens.Code): boolean {
  return CLOSING_FENCE.test(raw);
}
const CLOSING_FENCE = /\n *(`{3,}|~{3,})[ \t]*\n*$/;

function heading(token: Tokens.Heading, depth: number): ComponentChild {
  const Tag = HEADINGS[Math.min(token.depth + HEADING_OFFSET, HEADINGS.length) - 1] ?? "h6";
  return <Tag data-depth={token.depth}>{renderTokens(token.tokens, depth)}</Tag>;
}
const HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"] as const;

function list(token: Tokens.List, depth: number): ComponentChild {
  const items = token.items.map((item) => listItem(item, depth + 1));
  if (!token.ordered) return <ul>{items}</ul>;
  return <ol start={token.start === "" ? undefined : token.start}>{items}</ol>;
}

function listItem(item: Tokens.ListItem, depth: number): ComponentChild {
  return <li class={item.task ? "task" : undefined}>{renderTokens(item.tokens, depth)}</li>;
}

function table(token: Tokens.Table, depth: number): ComponentChild {
  const cell = (Tag: "th" | "td") => (cell: Tokens.TableCell) => (
    <Tag class={cell.align ? `align-${cell.align}` : undefined}>{renderTokens(cell.tokens, depth)}</Tag>
  );
  return (
    // A wide table scrolls by itself, also by keyboard.
    <div class="table" tabIndex={0} role="group">
      <table>
        <thead>
          <tr>{token.header.map(cell("th"))}</tr>
        </thead>
        <tbody>
          {token.rows.map((row) => (
            <tr>{row.map(cell("td"))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function link(rawHref: string, children: ComponentChildren, kind?: "image"): ComponentChild {
  const href = allowedUrl(decodeEntities(rawHref));
  if (href === undefined) return <span class="dead-link">{children}</span>;
  const outside = href.startsWith("#") ? {} : { target: "_blank", rel: "noopener noreferrer nofollow" };
  return (
    <a href={href} data-kind={kind} {...outside}>
      {children}
    </a>
  );
}

const CJK = "[\\u3000-\\u30ff\\u3400-\\u9fff\\uf900-\\ufaff\\uff00-\\uffef]";
const CJK_LINE_BREAK = new RegExp(`(?<=${CJK})\\n(?=${CJK})`, "gu");
/** What is left as asterisks beside other punctuation: `a**"…"**b`. */
const LEFT_OVER_STRONG = /\*\*(?=\S)([^*\n]*[^*\s])\*\*/g;

/** Text between marks: references decoded, no space where Japanese lines join, left-over bold made bold. */
function prose(raw: string): ComponentChildren {
  const text = decodeEntities(raw).replace(CJK_LINE_BREAK, "");
  if (!text.includes("**")) return text;
  // Every second part of a split by one group is what the group matched.
  return text.split(LEFT_OVER_STRONG).map((part, index) => (index % 2 === 1 ? <strong>{part}</strong> : part));
}
