/**
 * The judge of what can be known because the provider is ours: which answer belongs to which message.
 *
 * Owns the comparison of what was kept and of what viewers have seen with what the provider said, and how soon a run that
 * a restart broke off is ended.
 */
import { isKnownEntry, type KnownEntry, type LogEntry } from "../../../protocol/entry.ts";
import type { Finding, History } from "../checker.ts";
import { askFor, piecesOf, type Ask } from "./provider.ts";
import type { Scene } from "./scene.ts";

/** How long after its Worker has what it needs a broken-off run may stay without its end. */
const INTERRUPTED_WITHIN_MS = 2_000;

/** Everything that is wrong with the answers. */
export function judgeAnswers(
  history: History,
  { asks, recoveredTs }: Pick<Scene, "asks" | "recoveredTs">,
): readonly Finding[] {
  const { entries } = history.truth;
  return [
    ...asks.flatMap((ask) => judgeAnswer(ask, entries, history)),
    ...entries.filter(isKnownEntry).flatMap((entry) => judgeInterruption(entry, recoveredTs)),
    ...history.sends
      .filter(({ answers }) => !answers.some(({ kind }) => kind === "acknowledged"))
      .filter(({ text }) => !entries.some((entry) => textOf(entry) === text))
      .map(({ submissionId }): Finding => ({ rule: "acknowledged", who: submissionId, detail: "was never taken" })),
  ];
}

function judgeAnswer(ask: Ask, entries: readonly LogEntry[], { viewers }: History): Finding[] {
  const words = askFor(ask);
  const at = entries.findIndex((entry) => textOf(entry) === words);
  if (at === -1) return [{ rule: "lost", who: ask.id, detail: "the message is not there" }];
  const end = entries.findIndex((entry, index) => index > at && /^run_(completed|errored)$/.test(entry.kind));
  const kept = entries
    .slice(at + 1, end === -1 ? undefined : end)
    .map(textOf)
    .join("");
  const pieces = piecesOf(ask);
  const count = kept === "" ? 0 : kept.trimStart().split(" ").length;
  if (kept !== pieces.slice(0, count).join("")) {
    return [{ rule: "altered", who: ask.id, detail: `the answer kept is not the one given: ${kept.slice(0, 200)}` }];
  }
  const findings: Finding[] = [];
  const ending = entries[end];
  const isWhole =
    ending !== undefined && isKnownEntry(ending) && ending.kind === "run_completed" && !ending.interrupted;
  if (isWhole && count !== pieces.length) {
    findings.push({ rule: "lost", who: ask.id, detail: `${count} of ${pieces.length} pieces of a finished answer` });
  }
  for (const viewer of viewers) {
    const seen = newestPiece(
      ask,
      viewer.records.map((record) => (record.kind === "frame" ? record.text : "")),
    );
    if (seen < count) continue;
    findings.push({ rule: "lost", who: viewer.name, detail: `has seen piece ${seen} of ${ask.id}; ${count} are kept` });
  }
  return findings;
}

/** The number of the newest piece of an answer in what came; -1 for none. */
function newestPiece({ id }: Ask, texts: readonly string[]): number {
  const pattern = new RegExp(`\\b${id}\\.(\\d+)`, "g");
  return texts.reduce(
    (newest, text) => Math.max(newest, ...[...text.matchAll(pattern)].map(([, index]) => Number(index))),
    -1,
  );
}

function judgeInterruption(entry: KnownEntry, recoveredTs: readonly number[]): Finding[] {
  if (entry.kind !== "run_completed" || entry["cause"] !== "interrupted") return [];
  const isSoon = recoveredTs.some((ts) => entry.ts <= ts + INTERRUPTED_WITHIN_MS);
  return isSoon
    ? []
    : [{ rule: "open_run", who: "servers", detail: "an interrupted run was ended late, or for no reason" }];
}

/** What a person or the model says in an entry, without thinking. */
function textOf(entry: LogEntry): string {
  if (!isKnownEntry(entry)) return "";
  if (entry.kind === "user_input") {
    return entry.segments.map((segment) => (segment.kind === "text" ? segment.content : "")).join("");
  }
  if (entry.kind !== "assistant_item" || entry.item.kind !== "message") return "";
  // why: an item of this kind has been parsed as such.
  const { content } = entry.item as { content: readonly { readonly kind: string; readonly text?: unknown }[] };
  return content.map((part) => (part.kind === "text" ? String(part.text) : "")).join("");
}
