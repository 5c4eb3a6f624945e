/**
 * The judge of a run under faults.
 *
 * Owns one pure function from what was written down to what was wrong. It knows nothing of how the run was made: the
 * simulation and the real processes hand it the same history. Nothing is forgiven because a viewer mended it by itself:
 * a gap, a repetition or a snapshot that nobody needed is a finding, also where the last picture is right. Each viewer is
 * held to what its policy shows of the log.
 */
import { isKnownEntry, type LogEntry } from "../../protocol/entry.ts";
import { Event, isKnownEvent } from "../../protocol/event.ts";
import { flattenSegments } from "../../protocol/segment.ts";
import type { Transcript } from "../../protocol/transcript.ts";
import { passThrough, type ObservationPolicy } from "../../server/policy.ts";
import { judgeStream, type ReadFrame } from "./checker-stream.ts";
import { LogIndex } from "./log-index.ts";
import { differenceOf } from "./transcript-difference.ts";

/** An event as its Worker published it. */
export interface LoggedEvent {
  /** The Runtime's cursor, e.g. `wo_3f9a01c20000002a`. */
  readonly cursor: string;
  /** Epoch milliseconds. */
  readonly ts: number;
  readonly payload: string;
  /** Whether it was published and is gone all the same: the machine went down before the disk had it. */
  readonly isLost: boolean;
  /** How many events had been published by then. */
  readonly lostAfter?: number;
}

/** What one viewer's link brought, in order. */
export type ViewerRecord =
  /** A link has opened. `cursor` is the position that it asked to go on from, null where it had none. */
  | {
      readonly kind: "opened";
      readonly cursor: string | null;
      /** Whether the Runtime could still go on from there at that moment; null where nobody knows. */
      readonly isRetained: boolean | null;
    }
  /** A text frame has arrived, whole; `ts`, where it is known: when, epoch milliseconds of the Worker's clock. */
  | { readonly kind: "frame"; readonly text: string; readonly ts?: number }
  /** Something was done to the link, or to a process behind it: what follows may end it. */
  | { readonly kind: "fault"; readonly what: string }
  /** Where the viewer stands, or the Backend on its behalf, is not kept any more: a snapshot may follow. */
  | { readonly kind: "unretained" }
  /** A rule changed: soon it is shown this, and what is under way of the former stream comes before it. */
  | { readonly kind: "rules"; readonly policy: ObservationPolicy }
  /** The link has ended. */
  | { readonly kind: "ended"; readonly code: number | null };

/** What one viewer has been through. */
export interface ViewerHistory {
  readonly name: string;
  readonly records: readonly ViewerRecord[];
  /** What it is shown in the end; absent: everything. */
  readonly policy?: ObservationPolicy;
  /** What it was shown at first, where a rule has changed. */
  readonly firstPolicy?: ObservationPolicy;
  /** What it shows when everything has calmed down. */
  readonly transcript: Transcript;
  /** Whether its link is up and has brought everything: `live`. */
  readonly link: string;
  /** What should never have happened to it, counted; each must be zero. */
  readonly counters: Readonly<Record<string, number>>;
  /** Whether it read so slowly that it may be given a snapshot instead of what it missed. */
  readonly mayFallBehind: boolean;
}

/** An answer to a message. `unknown`: there was none, or it was lost. */
export type SendAnswer =
  | { readonly kind: "acknowledged"; readonly sequence: number; readonly eventId: number }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "unknown" };

/** A message, and every answer that it got. */
export interface Send {
  readonly submissionId: string;
  readonly text: string;
  readonly answers: readonly SendAnswer[];
}

/** Everything that was written down of a run. */
export interface History {
  /** Everything that the Worker has published, oldest first; null where only its end is known. */
  readonly log: readonly LoggedEvent[] | null;
  /** Where the Worker stands at the end, with all its entries. */
  readonly truth: Transcript;
  readonly sends: readonly Send[];
  /** Whether no two messages that people meant have the same text: then a text that is there twice was sent twice. */
  readonly hasUniqueTexts?: boolean;
  readonly viewers: readonly ViewerHistory[];
  /** Whether retention may have left out pieces of text that a later event has whole. */
  readonly mayCompact: boolean;
  /** How long they stay beside the whole all the same; absent: nobody knows. */
  readonly piecesKeptMs?: number;
  /** Whose stream a cursor is of; absent: always the viewer's own. */
  readonly policyOf?: (cursor: string) => ObservationPolicy;
  /** Of the servers: what should never have happened, counted; each must be zero. */
  readonly counters: Readonly<Record<string, number>>;
}

/** What can be wrong. */
export type Rule =
  | "lost"
  | "doubled"
  | "reordered"
  | "gap"
  | "altered"
  | "bad_frame"
  | "wrong_snapshot"
  | "needless_snapshot"
  | "needless_reconnect"
  | "needless_refusal"
  | "miscounted"
  | "acknowledged"
  | "open_run"
  | "hole"
  | "restless"
  | "counter";

/** Something that was wrong. `who` is a viewer, or `servers`. */
export interface Finding {
  readonly rule: Rule;
  readonly who: string;
  readonly detail: string;
}

/** Everything that was wrong; empty for a sound run. */
export function judge(history: History): readonly Finding[] {
  const logs = new Map<ObservationPolicy, LogIndex>();
  const logAs = (policy: ObservationPolicy): LogIndex | null => {
    if (history.log === null) return null;
    const log = logs.get(policy) ?? new LogIndex(history.log, history.truth.greeting, policy);
    logs.set(policy, log);
    return log;
  };
  const frames = new Map<string, ReadFrame | null>();
  return [
    ...judgeCounters("servers", history.counters),
    ...judgeSends(history),
    ...(history.hasUniqueTexts === true ? judgeTexts(history) : []),
    ...judgeRuns(history),
    ...judgePieces(history),
    ...history.viewers.flatMap((viewer) => [
      ...judgeCounters(viewer.name, viewer.counters),
      ...judgeEnd(viewer, (viewer.policy ?? passThrough).showTranscript(history.truth)),
      ...judgeStream(viewer, history, logAs, frames),
    ]),
  ];
}

function judgeCounters(who: string, counters: Readonly<Record<string, number>>): Finding[] {
  return Object.entries(counters)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => ({ rule: "counter", who, detail: `${name} is ${count}` }));
}

/** Every message that was acknowledged is there once; none is there twice. */
function judgeSends({ sends, truth, log }: History): Finding[] {
  return sends.flatMap(({ submissionId, answers }): Finding[] => {
    const acknowledged = answers.filter((answer) => answer.kind === "acknowledged");
    const count = truth.entries.filter((entry) => isMessage(entry, submissionId)).length;
    const who = submissionId;
    // A message that the machine took with it may come back by a retry, or not.
    const lost = (log ?? []).some(({ isLost, payload }) => isLost && payload.includes(`"${submissionId}"`));
    if (count > 1) return [{ rule: "doubled", who, detail: `the message is there ${count} times` }];
    if (lost || acknowledged.length === 0) return [];
    if (count === 0) return [{ rule: "acknowledged", who, detail: "the message was acknowledged and is not there" }];
    const distinct = new Set(acknowledged.map((answer) => `${answer.sequence}/${answer.eventId}`));
    return distinct.size > 1
      ? [{ rule: "acknowledged", who, detail: `its acknowledgements differ: ${[...distinct].join(", ")}` }]
      : [];
  });
}

/** What a person sent once is there once, whatever the ids under which it went out. */
function judgeTexts({ truth }: History): Finding[] {
  const seen = new Set<string>();
  return truth.entries.flatMap((entry): Finding[] => {
    if (!isKnownEntry(entry) || entry.kind !== "user_input") return [];
    const text = flattenSegments(entry.segments);
    if (!seen.has(text)) {
      seen.add(text);
      return [];
    }
    return [{ rule: "doubled", who: "servers", detail: `"${text}" was sent once and is there twice` }];
  });
}

function isMessage(entry: LogEntry, submissionId: string): boolean {
  return isKnownEntry(entry) && entry.kind === "user_input" && entry.submission_id === submissionId;
}

/** Every run has an end of a kind, and the Worker is idle. */
function judgeRuns({ truth }: History): Finding[] {
  const open = (detail: string): Finding => ({ rule: "open_run", who: "servers", detail });
  const findings: Finding[] = [];
  if (truth.run.state === "active" || truth.status === "running") findings.push(open("a run goes on at the end"));
  let isOpen = false;
  for (const entry of truth.entries) {
    if (!isKnownEntry(entry)) continue;
    if (entry.kind === "user_input") {
      if (isOpen) findings.push(open("a run has no end before the next message"));
      isOpen = true;
    }
    if (entry.kind === "run_completed" || entry.kind === "run_errored") isOpen = false;
  }
  if (isOpen && !truth.shut_down) findings.push(open("the last run has no end"));
  return findings;
}

/** A text that the log has whole is what its pieces say, and no piece comes after its run's end. */
function judgePieces({ log }: History): Finding[] {
  const pieces = { text: "", thinking: "" };
  const finish = (kind: keyof typeof pieces, whole: string): Finding[] => {
    const said = pieces[kind];
    pieces[kind] = "";
    if (said === whole) return [];
    return [{ rule: "hole", who: "servers", detail: `the pieces of "${whole}" are "${said}"` }];
  };
  return (log ?? []).flatMap(({ payload, isLost }): Finding[] => {
    const event = Event.parse(JSON.parse(payload));
    if (isLost || !isKnownEvent(event)) return [];
    switch (event.event) {
      case "text_delta":
        pieces.text += event.data.text;
        return [];
      case "thinking_delta":
        pieces.thinking += event.data.text;
        return [];
      case "text_done":
        return finish("text", event.data.text);
      case "thinking_done":
        return finish("thinking", event.data.text);
      case "run_end":
        return [...finish("thinking", ""), ...finish("text", "")];
      default:
        return [];
    }
  });
}

/** What the viewer shows at the end is what the Worker says, and its link is at rest. */
function judgeEnd({ name: who, transcript, link }: ViewerHistory, truth: Transcript): Finding[] {
  const findings: Finding[] = [];
  if (link !== "live") findings.push({ rule: "restless", who, detail: `its link is ${link} at the end` });
  const difference = differenceOf(transcript, truth);
  if (difference !== null) findings.push({ rule: "lost", who, detail: `it shows another conversation: ${difference}` });
  return findings;
}
