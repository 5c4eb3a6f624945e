/**
 * A text in Markdown, complete or still growing. Closed blocks are rendered once: their vnodes keep their identity, so
 * that a new word costs the work of its own block only.
 */
import type { ComponentChild } from "preact";
import { useMemo } from "preact/hooks";
import { createBlockReader, type Block } from "./blocks.ts";
import { renderBlock } from "./render.tsx";

interface MarkdownProps {
  readonly text: string;
  /** Whether more of it comes. */
  readonly isStreaming: boolean;
  /** Whether it broke off, so that what was begun stays begun. */
  readonly isCut?: boolean | undefined;
}

export function Markdown({ text, isStreaming, isCut = false }: MarkdownProps) {
  const reader = useMemo(createBlockReader, []);
  const rendered = useMemo(() => new WeakMap<Block, ComponentChild>(), []);
  const render = (block: Block): ComponentChild => {
    const known = rendered.get(block);
    if (known !== undefined) return known;
    const fresh = renderBlock(block);
    rendered.set(block, fresh);
    return fresh;
  };
  return (
    <div class="markdown" data-streaming={isStreaming ? "" : undefined}>
      {reader.read(text, !isStreaming && !isCut).map(render)}
    </div>
  );
}
