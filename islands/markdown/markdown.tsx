/**
 * A text in Markdown, complete or still growing. Closed blocks are rendered once, and stand in groups: a group that is
 * full keeps its vnode, and the browser skips those far from the screen. So a new word costs the work of its own block.
 */
import type { ComponentChildren, VNode } from "preact";
import { useMemo } from "preact/hooks";
import { createBlockReader, type Block, type Growth } from "./blocks.ts";
import { LiveContext } from "./parts.ts";
import { renderBlock } from "./render.tsx";

/** A text and how far it is. */
export interface MarkdownProps {
  readonly text: string;
  /** Whether more of it comes. */
  readonly isStreaming: boolean;
  /** Whether it broke off, so that what was begun stays begun. */
  readonly isCut?: boolean | undefined;
  /** How it has grown with the last rendering, where that is known. */
  readonly growth?: Growth | undefined;
}

export function Markdown({ text, isStreaming, isCut = false, growth }: MarkdownProps) {
  const reader = useMemo(createBlockReader, []);
  const groupsOf = useMemo(createGroups, []);
  return (
    <LiveContext.Provider value={isStreaming}>
      <div class="markdown" data-streaming={isStreaming ? "" : undefined}>
        {groupsOf(reader.read(text, !isStreaming && !isCut, growth))}
      </div>
    </LiveContext.Provider>
  );
}

const GROUP_BLOCKS = 32;

function createGroups() {
  const views = new WeakMap<Block, VNode>();
  const full: { readonly last: Block; readonly vnode: VNode }[] = [];

  const viewOf = (block: Block, index: number): VNode | null => {
    if (block.type === "space") return null;
    const known = views.get(block);
    if (known !== undefined) return known;
    // By its place: a paragraph that turns out to be a table must not become some other paragraph.
    const fresh = <BlockView key={index} block={block} />;
    views.set(block, fresh);
    return fresh;
  };

  return (blocks: readonly Block[]): readonly VNode[] => {
    const groups: VNode[] = [];
    for (let from = 0; from < blocks.length; from += GROUP_BLOCKS) {
      const number = from / GROUP_BLOCKS;
      const last = blocks[from + GROUP_BLOCKS - 1];
      const kept = full[number];
      // Blocks are closed in their order: where the last is the same, all are.
      if (kept !== undefined && kept.last === last) {
        groups.push(kept.vnode);
        continue;
      }
      const vnode = (
        <Group key={number}>
          {blocks.slice(from, from + GROUP_BLOCKS).map((block, offset) => viewOf(block, from + offset))}
        </Group>
      );
      if (last !== undefined) full[number] = { last, vnode };
      groups.push(vnode);
    }
    return groups;
  };
}

/** A component, since of a component alone Preact passes over a vnode that it has seen, with all that is below. */
function Group({ children }: { readonly children: ComponentChildren }) {
  return <div class="blocks">{children}</div>;
}

function BlockView({ block }: { readonly block: Block }) {
  return <>{renderBlock(block)}</>;
}
