/**
 * The judge of one viewer's stream.
 *
 * Owns the walk over what its links brought: every event follows the one before, none comes twice, each is what its Worker
 * published, a snapshot comes only where it must and shows the state at its position, and a link is made anew only where
 * something had happened to it.
 */
import { ClientFrame } from "../../protocol/frame.ts";
import { isSnapshotEvent, Event } from "../../protocol/event.ts";
import { transcriptOf } from "../../protocol/transcript.ts";
import { passThrough, type ObservationPolicy } from "../../server/policy.ts";
import type { Finding, History, Rule, ViewerHistory, ViewerRecord } from "./checker.ts";
import { innerCursor, positionOf, type LogIndex } from "./log-index.ts";
import { differenceOf } from "./transcript-difference.ts";

type FrameRecord = Extract<ViewerRecord, { kind: "frame" }>;
type EventEnvelope = Extract<ClientFrame, { kind: "event" }>["envelope"];

interface ArrivedEvent {
  readonly cursor: string;
  readonly payload: string;
  readonly ts: number | undefined;
  /** When its frame arrived, where that is known. */
  readonly arrivedTs: number | undefined;
}

/** A frame as it was read: viewers of one stream get the same texts. */
export interface ReadFrame {
  readonly frame: ClientFrame;
  /** Of an event's frame: the event, null where it is none. */
  readonly event: Event | null;
  readonly payload: string;
}

/** Everything that was wrong with one viewer's stream. `frames` remembers what was read. */
export function judgeStream(
  viewer: ViewerHistory,
  history: History,
  logAs: (policy: ObservationPolicy) => LogIndex | null,
  frames: Map<string, ReadFrame | null>,
): readonly Finding[] {
  const walk = new StreamWalk(viewer, history, logAs);
  for (const record of viewer.records) {
    switch (record.kind) {
      case "opened":
        walk.open(record.cursor, record.isRetained);
        break;
      case "frame":
        walk.take(record, readFrame(record.text, frames));
        break;
      case "fault":
        walk.excuses += 1;
        break;
      case "unretained":
        walk.isRetained = false;
        break;
      case "rules":
        walk.changeRules(record.policy);
        break;
      case "ended":
        break;
    }
  }
  return walk.findings;
}

class StreamWalk {
  readonly findings: Finding[] = [];
  /** What may have ended a link, or may keep one from opening. */
  excuses = 0;
  /** Whether the servers can still go on from where the viewer stands. */
  isRetained: boolean | null = true;
  readonly #viewer: ViewerHistory;
  readonly #mayCompact: boolean;
  readonly #piecesKeptMs: number;
  readonly #policyOf: (cursor: string) => ObservationPolicy;
  readonly #logAs: (policy: ObservationPolicy) => LogIndex | null;
  /** What it may see, and may have seen before. */
  #policy: ObservationPolicy;
  #formerPolicy: ObservationPolicy;
  /** Whose stream its link has brought; null: nothing yet. */
  #shown: ObservationPolicy | null = null;
  #opened = 0;
  /** The position that the viewer stands at; null where it has none. */
  #cursor: string | null = null;
  /** Whether the servers have refused the position since it was used last. */
  #isRefused = false;
  #isHeard = false;
  /** How many events it was told to have missed, and how many have come since; null: it was told nothing. */
  #behind: { readonly told: number; come: number } | null = null;

  constructor(
    viewer: ViewerHistory,
    { mayCompact, piecesKeptMs = 0, policyOf }: History,
    logAs: (policy: ObservationPolicy) => LogIndex | null,
  ) {
    this.#viewer = viewer;
    this.#mayCompact = mayCompact;
    this.#piecesKeptMs = piecesKeptMs;
    this.#logAs = logAs;
    this.#policy = viewer.firstPolicy ?? viewer.policy ?? passThrough;
    this.#formerPolicy = this.#policy;
    this.#policyOf = policyOf ?? (() => this.#policy);
  }

  changeRules(policy: ObservationPolicy): void {
    this.#formerPolicy = this.#policy;
    this.#policy = policy;
    // A snapshot comes, and a position in the former stream is none in this one.
    if (policy !== this.#formerPolicy) this.isRetained = false;
  }

  get #log(): LogIndex | null {
    return this.#logAs(this.#shown ?? this.#policy);
  }

  #find(rule: Rule, detail: string): void {
    this.findings.push({ rule, who: this.#viewer.name, detail: `${detail} (link ${this.#opened})` });
  }

  open(cursor: string | null, isRetained: boolean | null): void {
    if (this.#opened > 0 && this.excuses === 0) {
      this.#find("needless_reconnect", "a link was made anew although nothing had happened to the one before");
    }
    this.#opened += 1;
    // What kept a link from being heard at all may keep the next one from it.
    if (this.#isHeard) this.excuses = 0;
    this.#isHeard = false;
    if (cursor === null && this.#cursor !== null && !this.#isRefused) {
      this.#find("needless_snapshot", `it asks for a snapshot although it stands at ${this.#cursor}`);
    }
    if (cursor !== null && this.#cursor !== null && cursor !== this.#cursor) {
      this.#find("gap", `it goes on from ${cursor} although it stands at ${this.#cursor}`);
    }
    this.#cursor = cursor;
    this.#isRefused = false;
    this.#behind = null;
    this.#shown = cursor === null ? null : this.#policyOf(cursor);
    this.isRetained = isRetained;
  }

  take({ text, ts }: Pick<FrameRecord, "text" | "ts">, read: ReadFrame | null): void {
    if (read === null) return this.#find("bad_frame", text.slice(0, 120));
    const { frame } = read;
    this.#isHeard = true;
    switch (frame.kind) {
      case "event":
        return this.#takeEvent(frame.envelope, read, ts);
      case "heartbeat":
        if (frame.cursor !== this.#cursor) {
          this.#find("gap", `a heartbeat says that nothing is missing before ${frame.cursor}; it has ${this.#cursor}`);
        }
        return this.#count(frame.behind);
      case "diagnostic":
        return this.#takeRefusal(frame.diagnostic.problem ?? frame.diagnostic.code);
    }
  }

  /** What a viewer is told to have missed comes before it is told that it has everything. */
  #count(behind: number | undefined): void {
    const before = this.#behind;
    this.#behind = behind === undefined ? null : { told: behind, come: 0 };
    if (behind === 0) this.#find("miscounted", "it was told that it has missed nothing, as if it had missed something");
    if (before === null || before.come >= before.told) return;
    this.#find("miscounted", `it was told that ${before.told} events come, and there were ${before.come}`);
  }

  #takeRefusal(problem: string): void {
    if (problem.startsWith("cursor_")) {
      if (this.isRetained === true) this.#find("needless_refusal", `${problem} for ${this.#cursor}, which is kept`);
      this.#isRefused = true;
    } else if (problem === "viewer_too_slow" ? !this.#viewer.mayFallBehind : this.excuses === 0) {
      this.#find("needless_refusal", `${problem} although nothing had happened`);
    }
    this.excuses += 1;
  }

  #takeEvent({ cursor, ts }: EventEnvelope, { event, payload }: ReadFrame, arrivedTs: number | undefined): void {
    if (this.#behind !== null) this.#behind.come += 1;
    if (event === null) return this.#find("bad_frame", payload.slice(0, 120));
    this.#noteStream(cursor, isSnapshotEvent(event));
    if (isSnapshotEvent(event)) {
      this.#takeSnapshot(cursor, transcriptOf(event.data));
    } else if (this.#cursor === null) {
      this.#find("gap", `an event came before any snapshot: ${cursor}`);
    } else if (this.#log === null) {
      this.#follow(this.#cursor, cursor);
    } else {
      this.#followLog(this.#log, this.#cursor, { cursor, payload, ts, arrivedTs });
    }
    this.#cursor = cursor;
  }

  /** A stream goes over to another one once a rule says so, with a snapshot, and never back. */
  #noteStream(cursor: string, isSnapshot: boolean): void {
    const policy = this.#policyOf(cursor);
    const isStart = this.#shown === null && (policy === this.#policy || policy === this.#formerPolicy);
    const isChange = isSnapshot && policy === this.#policy;
    if (policy !== this.#shown && !isStart && !isChange) {
      this.#find("altered", `${cursor} is of a stream that it may not see`);
    }
    this.#shown = policy;
  }

  #takeSnapshot(cursor: string, shown: ReturnType<typeof transcriptOf>): void {
    this.#behind = null;
    const isNeeded = this.#cursor === null || this.isRetained !== true || this.#viewer.mayFallBehind;
    if (!isNeeded) this.#find("needless_snapshot", `a snapshot came although ${this.#cursor} is kept`);
    const place = this.#log?.placeOf(cursor);
    if (this.#log === null) return;
    if (place === undefined) return this.#find("wrong_snapshot", `the log has no ${cursor}`);
    const difference = differenceOf(shown, this.#log.stateAt(place));
    if (difference !== null) this.#find("wrong_snapshot", `at ${cursor}: ${difference}`);
  }

  /** By positions alone, where the log itself is not known. */
  #follow(from: string, to: string): void {
    const step = positionOf(to) - positionOf(from);
    if (step === 0) this.#find("doubled", `${to} came twice`);
    else if (step < 0) this.#find("reordered", `${to} came after ${from}`);
    else if (step > 1 && !this.#mayCompact) this.#find("gap", `${to} came after ${from}`);
  }

  /** Whether a piece may have been let go before what follows it was read. */
  #mayHaveGone(wholeTs: number | undefined, arrivedTs = Number.POSITIVE_INFINITY): boolean {
    return this.#mayCompact && wholeTs !== undefined && wholeTs + this.#piecesKeptMs <= arrivedTs;
  }

  #followLog(log: LogIndex, from: string, { cursor: to, payload, ts, arrivedTs }: ArrivedEvent): void {
    const [first, last] = [log.placeOf(from), log.placeOf(to)];
    if (first === undefined || last === undefined) {
      return this.#find("altered", `the log has no ${first === undefined ? from : to}`);
    }
    const event = log.at(last);
    if (event === undefined || payload !== event.payload || ts !== event.ts) {
      this.#find("altered", `${to} is not what was published: ${payload.slice(0, 120)}`);
    }
    if (last === first) return this.#find("doubled", `${to} came twice`);
    if (last < first) return this.#find("reordered", `${to} came after ${from}`);
    if (log.at(first)?.isLost === true && event?.isLost !== true) {
      return this.#find("gap", `${to} came after ${from}, which was lost, without a snapshot`);
    }
    for (const skipped of log.between(first, last)) {
      const place = log.placeOf(skipped.cursor) ?? first;
      if (!this.#mayHaveGone(log.wholeSince(place), arrivedTs)) {
        return this.#find("gap", `${innerCursor(skipped.cursor)} did not come between ${from} and ${to}`);
      }
    }
  }
}

function readFrame(text: string, frames: Map<string, ReadFrame | null>): ReadFrame | null {
  const known = frames.get(text);
  if (known !== undefined) return known;
  const read = parseFrame(text);
  frames.set(text, read);
  return read;
}

function parseFrame(text: string): ReadFrame | null {
  try {
    const parsed = ClientFrame.safeParse(JSON.parse(text));
    if (!parsed.success) return null;
    const frame = parsed.data;
    if (frame.kind !== "event") return { frame, event: null, payload: "" };
    const event = Event.safeParse(frame.envelope.payload);
    return { frame, event: event.success ? event.data : null, payload: JSON.stringify(frame.envelope.payload) };
  } catch {
    return null;
  }
}
