/**
 * Listings in colours. Loaded when the first listing in a known language is near the screen.
 *
 * Owns the languages and what a colour stands for; the colours are in the style sheet. The reader of the language gives a
 * tree, which becomes elements: no markup as text is made or read.
 */
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import markdown from "highlight.js/lib/languages/markdown";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import type { ComponentChild } from "preact";

const LANGUAGES = {
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  dockerfile,
  go,
  ini,
  java,
  javascript,
  json,
  kotlin,
  markdown,
  php,
  python,
  ruby,
  rust,
  sql,
  swift,
  typescript,
  xml,
  yaml,
} as const;

/** Longer listings stay plain: reading one must not be felt. */
const MAX_CHARS = 30_000;
const MAX_DEPTH = 40;

/** What the reader makes of a listing: text, or a part with what it stands for. */
type Tree = string | { readonly scope?: string; readonly children: readonly Tree[] };

/** Colours a listing; `undefined` where it stays plain. */
export type Highlight = (text: string, language: string) => ComponentChild | undefined;

export function createHighlighter(): Highlight {
  const reader = hljs.newInstance();
  for (const [name, language] of Object.entries(LANGUAGES)) reader.registerLanguage(name, language);
  return (text, language) => {
    if (text.length > MAX_CHARS || !reader.getLanguage(language)) return undefined;
    const { _emitter: emitter } = reader.highlight(text, { language, ignoreIllegals: true });
    // why: the emitter that the reader comes with has it, though its type does not say so.
    return elementOf((emitter as unknown as { readonly rootNode: Tree }).rootNode, 0);
  };
}

function elementOf(tree: Tree, depth: number): ComponentChild {
  if (typeof tree === "string") return tree;
  const { scope, children } = tree;
  const inner = depth > MAX_DEPTH ? [textOf(tree)] : children.map((child) => elementOf(child, depth + 1));
  const colour = scope === undefined ? undefined : COLOURS.get(scope.split(/[.:]/)[0] ?? "");
  return colour === undefined ? <>{inner}</> : <span class={`hl-${colour}`}>{inner}</span>;
}

function textOf(tree: Tree): string {
  return typeof tree === "string" ? tree : tree.children.map(textOf).join("");
}

/** The few things that a colour tells apart, of the many that a reader knows. */
const COLOURS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    quiet: "comment quote doctag",
    word: "keyword selector-tag template-tag operator section tag",
    text: "string regexp char subst symbol bullet link code addition",
    number: "number literal",
    name: "title function class selector-class selector-id name",
    detail: "attr attribute property variable template-variable params selector-attr selector-pseudo",
    type: "type built_in",
    meta: "meta",
    removed: "deletion",
  }).flatMap(([colour, scopes]) => scopes.split(" ").map((scope) => [scope, colour] as const)),
);
