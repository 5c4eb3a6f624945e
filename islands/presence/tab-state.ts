/**
 * What a tab tells of its Worker to somebody who looks elsewhere. Pure: what has happened goes in, what to show comes out.
 */
import type { RunView } from "../../protocol/run-view.ts";
import type { TabState } from "../favicon.ts";

/** What is remembered between two looks. */
export interface TabMemory {
  readonly isRunning: boolean;
  /** Whether a run has ended and nobody has seen it. */
  readonly hasNews: boolean;
  /** When the newest run began, 0 where there was none; absent before the first look. */
  readonly startedTs?: number;
}

/** Of a page that has just come alive. */
export const NO_MEMORY: TabMemory = { isRunning: false, hasNews: false };

/** How a run ended, for those who were not there. */
export type RunNews = "finished" | "stopped" | "failed";

export interface TabStep {
  readonly memory: TabMemory;
  readonly state: TabState;
  /** The end that has just happened behind the reader's back. */
  readonly news: RunNews | undefined;
}

/** @param isRunning Whether the page takes the Worker to be at work. */
export function stepTab(before: TabMemory, run: RunView, isRunning: boolean, isVisible: boolean): TabStep {
  const startedTs = run.state === "none" ? 0 : run.started_ts;
  // A short run may come and go between two looks, and a long one while the link is away.
  const isOther = before.startedTs !== undefined && startedTs > before.startedTs;
  const hasEnded = (before.isRunning || isOther) && !isRunning && run.state === "ended";
  const hasNews = !isVisible && !isRunning && (hasEnded || before.hasNews);
  const state = isRunning ? "generating" : hasNews ? "finished" : "idle";
  return { memory: { isRunning, hasNews, startedTs }, state, news: hasEnded && !isVisible ? newsOf(run) : undefined };
}

function newsOf(run: RunView): RunNews | undefined {
  if (run.state !== "ended") return undefined;
  if (run.result === "errored") return "failed";
  return run.cause === undefined ? "finished" : "stopped";
}

/** The tab's title: a mark for what goes on, the Worker, the workspace. */
export function titleOf(state: TabState, label: string, workspaceName: string): string {
  const mark = { idle: "", generating: "● ", finished: "✓ " }[state];
  return `${mark}${label} · ${workspaceName}`;
}
