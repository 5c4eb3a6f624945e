/**
 * Blocks in flight: what is being written and has not been committed.
 *
 * Owns how deltas grow a block and how a block becomes an entry: as soon as it and every block before it have ended, or
 * with the text that it has when a call or a run ends. Pure; a part of the fold.
 */
import type { LogEntry, LoggedItem } from "./entry.ts";
import { isKnownBlock, type InFlightBlock } from "./event.ts";
import { commit, type Transcript } from "./transcript.ts";

/** The state with other blocks in flight. */
export function withBlocks(state: Transcript, blocks: readonly InFlightBlock[]): Transcript {
  return { ...state, in_flight: { blocks } };
}

/** The mark of what is kept from a viewer, where it is. */
export function markHidden(isHidden: boolean | undefined): { readonly hidden?: true } {
  return isHidden === true ? { hidden: true } : {};
}

type TextBlock = Extract<InFlightBlock, { kind: "text" | "thinking" }>;

/** Whether text of this kind can go on in the block. */
function isOpenText(block: InFlightBlock | undefined, kind: "text" | "thinking"): block is TextBlock {
  return block !== undefined && isKnownBlock(block) && block.kind === kind && block.finished !== true;
}

/** Text goes on in the newest block, or begins one. */
export function appendText(
  state: Transcript,
  kind: "text" | "thinking",
  text: string,
  ts: number,
  isHidden?: boolean,
): Transcript {
  const { blocks } = state.in_flight;
  const newest = blocks.at(-1);
  const mark = markHidden(isHidden);
  if (!isOpenText(newest, kind)) return withBlocks(state, [...blocks, { kind, text, ts, ...mark }]);
  return withBlocks(state, blocks.with(-1, { ...newest, text: newest.text + text, ...mark }));
}

/** A block of text is whole. */
export function finishText(
  state: Transcript,
  kind: "text" | "thinking",
  whole: string,
  ts: number,
  isHidden?: boolean,
): Transcript {
  const { blocks } = state.in_flight;
  const index = blocks.findLastIndex((block) => isOpenText(block, kind));
  const block = blocks[index];
  const end = { finished: true, ...markHidden(isHidden) };
  if (!isOpenText(block, kind)) return withBlocks(state, [...blocks, { kind, text: whole, ts, ...end }]);
  // Reference peers close a thinking block with an empty text although deltas came.
  const text = kind === "thinking" && whole === "" ? block.text : whole;
  return withBlocks(state, blocks.with(index, { ...block, text, ...end }));
}

function toolCallIndex(blocks: readonly InFlightBlock[], id: string): number {
  return blocks.findLastIndex((block) => isKnownBlock(block) && block.kind === "tool_call" && block.id === id);
}

/** A tool call's arguments go on. */
export function appendArguments(state: Transcript, id: string, json: string): Transcript {
  const { blocks } = state.in_flight;
  const index = toolCallIndex(blocks, id);
  const block = blocks[index];
  if (block === undefined || !isKnownBlock(block) || block.kind !== "tool_call") return state;
  return withBlocks(state, blocks.with(index, { ...block, args: block.args + json, state: "streaming_args" }));
}

/** A tool call's arguments are whole. */
export function finishToolCall(
  state: Transcript,
  call: {
    readonly id: string;
    readonly name: string;
    readonly arguments: string;
    readonly hidden?: boolean | undefined;
  },
  ts: number,
): Transcript {
  const { blocks } = state.in_flight;
  const index = toolCallIndex(blocks, call.id);
  const block = blocks[index];
  const { id, name, arguments: args } = call;
  const done = { kind: "tool_call", id, name, args, state: "done", ...markHidden(call.hidden) } as const;
  if (block === undefined) return withBlocks(state, [...blocks, { ...done, ts }]);
  return withBlocks(state, blocks.with(index, { ...block, ...done }));
}

function isFinished(block: InFlightBlock): boolean {
  if (!isKnownBlock(block)) return false;
  return block.kind === "tool_call" ? block.state === "done" : block.finished === true;
}

/** Commits the finished blocks at the front. */
export function settle(state: Transcript, ts: number): Transcript {
  const { blocks } = state.in_flight;
  const firstOpen = blocks.findIndex((block) => !isFinished(block));
  const count = firstOpen === -1 ? blocks.length : firstOpen;
  if (count === 0) return state;
  return withBlocks(
    commit(state, ...blocks.slice(0, count).flatMap((block) => entryOf(block, ts))),
    blocks.slice(count),
  );
}

/** Commits every block with the text that it has. */
export function flush(state: Transcript, ts: number): Transcript {
  const { blocks } = state.in_flight;
  if (blocks.length === 0) return state;
  return withBlocks(commit(state, ...blocks.flatMap((block) => entryOf(block, ts))), []);
}

/** The entry of a block; none for an empty text, which nobody needs to see, unless it is empty because it is hidden. */
function entryOf(block: InFlightBlock, ts: number): LogEntry[] {
  if (!isKnownBlock(block)) return [];
  switch (block.kind) {
    case "text": {
      if (block.text === "") return [];
      const item: LoggedItem = { kind: "message", role: "assistant", content: [{ kind: "text", text: block.text }] };
      return [{ kind: "assistant_item", ts, item }];
    }
    case "thinking": {
      if (block.text === "" && block.hidden !== true) return [];
      const duration_ms = block.ts === undefined ? {} : { duration_ms: Math.max(0, ts - block.ts) };
      const item: LoggedItem = { kind: "reasoning", text: block.text, ...duration_ms, ...markHidden(block.hidden) };
      return [{ kind: "assistant_item", ts, item }];
    }
    case "tool_call": {
      const { id: call_id, name, args } = block;
      const item: LoggedItem = { kind: "tool_call", call_id, name, arguments: args, ...markHidden(block.hidden) };
      return [{ kind: "assistant_item", ts, item }];
    }
  }
}
