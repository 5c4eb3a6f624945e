/**
 * One run of a schedule, from an empty disk to the judgement.
 *
 * Owns the order: the steps at their times, then everything is healed, then it has to come to rest by itself.
 */
import { Event, isSnapshotEvent } from "../../../protocol/event.ts";
import { fold } from "../../../protocol/fold.ts";
import { emptyTranscript, transcriptOf, type Transcript } from "../../../protocol/transcript.ts";
import { hideInnerWork } from "../../../server/hide-inner-work.ts";
import { passThrough, type ObservationPolicy } from "../../../server/policy.ts";
import { PIECES_GRACE_MS } from "../../../runtime/event-log.ts";
import { judge, type Finding, type Send, type SendAnswer } from "../checker.ts";
import { RestHop } from "./rest-hop.ts";
import type { Schedule, Step } from "./schedule.ts";
import { Chance } from "./seeded-chance.ts";
import { SimulatedProvider } from "./simulated-model.ts";
import { REF, SimulatedSite } from "./simulated-site.ts";
import { SimulatedTime } from "./simulated-time.ts";
import { SimulatedViewer } from "./simulated-viewer.ts";

/** What a run came to. */
export interface RunResult {
  readonly findings: readonly Finding[];
  /** What happened, as text that is the same for the same run. */
  readonly trace: () => string;
  readonly steps: number;
}

const MAX_VIEWERS = 4;
/** How long it may take to come to rest after the last fault. */
const MAX_REST_MS = 90_000;
const LOOK_MS = 400;
/** For so long nothing may change: a gap shows at the second heartbeat, and a link that only seems to be there after it. */
const CALM_MS = 2_800;

/** Runs a schedule. Not to be called from a promise. */
export function runSchedule(schedule: Schedule): RunResult {
  return new Run(schedule).run();
}

class Run {
  readonly #schedule: Schedule;
  readonly #time = new SimulatedTime();
  readonly #provider: SimulatedProvider;
  readonly #site: SimulatedSite;
  readonly #viewers: SimulatedViewer[] = [];
  readonly #pageHop: RestHop;
  /** Until when the Backend may stand where nobody can go on from. */
  #upstreamLostUntilMs = 0;
  #folded: { readonly state: Transcript; readonly events: number; readonly losses: number } = {
    state: emptyTranscript(),
    events: 0,
    losses: 0,
  };
  /** Until when the Backend may have to refuse what it can't hear of. */
  #impairedUntilMs = 0;
  /** By how their cursors begin. */
  readonly #policies = new Map<string, ObservationPolicy>();
  readonly #sends = new Map<string, { readonly text: string; readonly answers: SendAnswer[] }>();

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    const { seed, circumstances } = schedule;
    this.#provider = new SimulatedProvider(seed);
    this.#site = new SimulatedSite({
      seed,
      time: this.#time,
      circumstances,
      provider: this.#provider,
      onUpstreamAsked: (cursor) => {
        if (cursor !== null && !this.#isRetained(cursor)) this.#loseUpstream();
        else if (this.#upstreamLostUntilMs === Number.POSITIVE_INFINITY) {
          this.#upstreamLostUntilMs = this.#time.elapsedMs + RECOVERY_MS;
        }
      },
      onUpstreamFault: () => this.#impair("a lost request to the Runtime", 0),
    });
    this.#pageHop = new RestHop({
      chance: new Chance(seed, 7),
      maxLatencyMs: circumstances.maxLatencyMs,
      server: () => this.#site.backend?.process ?? null,
    });
  }

  run(): RunResult {
    const { steps } = this.#schedule;
    this.#site.useTimers();
    this.#site.start();
    for (const { atMs, step } of steps) {
      this.#time.run(atMs);
      this.#take(step);
    }
    this.#heal();
    this.#rest();
    return this.#judge();
  }

  #take(step: Step): void {
    switch (step.kind) {
      case "join":
        return this.#join(step.hides);
      case "rules":
        return this.#viewers[step.viewer]?.changeRules(policyThat(step.hides));
      case "send":
        this.#provider.faults.push(...step.provider);
        return this.#viewers[step.viewer]?.send();
      case "send_twice":
        return this.#viewers[step.viewer]?.sendTwice();
      case "cancel":
        return this.#viewers[step.viewer]?.cancel();
      case "cut":
        return this.#viewers[step.viewer]?.harm("cut", (link) => link.cutAfter(step.bytes));
      case "deafen":
        return this.#viewers[step.viewer]?.harm("deafened", (link) => link.deafen());
      case "orphan":
        return this.#viewers[step.viewer]?.harm("orphaned", (link) => link.orphan());
      case "stall":
        return this.#viewers[step.viewer]?.stall(step.forMs);
      case "offline":
        return this.#viewers[step.viewer]?.goOffline(step.forMs);
      case "renew":
        return this.#viewers[step.viewer]?.renew(step.times);
      case "wake":
        return this.#viewers[step.viewer]?.wake();
      case "request_fault":
        (step.hop === "page" ? this.#pageHop : this.#site.runtimeHop).faults.push(step.fault);
        return undefined;
      case "upstream":
        return this.#harmUpstream(step.what, step.bytes);
      case "upstream_stall":
        return this.#stallUpstream(step.forMs);
      case "refuse":
        this.#site.disk.refusals += step.writes;
        return undefined;
      case "restart":
        return this.#restart(step);
    }
  }

  #join(hides: boolean): void {
    if (this.#viewers.length >= MAX_VIEWERS) return;
    const { seed, circumstances } = this.#schedule;
    const number = this.#viewers.length;
    const { hop, windowFrames, viewerBufferBytes, maxLatencyMs, maxSliceBytes } = circumstances;
    this.#viewers.push(
      new SimulatedViewer({
        number,
        time: this.#time,
        ref: REF,
        policy: policyThat(hides),
        policyOf: (cursor) => this.#policyOf(cursor),
        onView: (cursor, policy) => this.#policies.set(prefixOf(cursor), policy),
        chance: new Chance(seed, 8, number),
        maxLatencyMs,
        maxSliceBytes,
        backend: () => this.#site.backend,
        hop: this.#pageHop,
        isRetained: (cursor) => this.#time.elapsedMs >= this.#upstreamLostUntilMs && this.#isRetained(cursor),
        isImpaired: () => this.#time.elapsedMs < this.#impairedUntilMs,
        // A batch from elsewhere may be larger than a small window.
        mayFallBehind: windowFrames < SMALL_WINDOW && (hop === "remote" || viewerBufferBytes < SMALL_BUFFER_BYTES),
        onAnswer: (submissionId, text, answer) => {
          const send = this.#sends.get(submissionId) ?? { text, answers: [] };
          send.answers.push(answer);
          this.#sends.set(submissionId, send);
        },
      }),
    );
  }

  /** Of two policies and their two ways to seal, one is known since the first page was loaded. */
  #policyOf(cursor: string): ObservationPolicy {
    const known = this.#policies.get(prefixOf(cursor));
    if (known !== undefined) return known;
    return [...this.#policies.values()].includes(passThrough) ? hideInnerWork : passThrough;
  }

  #harmUpstream(what: "cut" | "deafen" | "orphan", bytes: number): void {
    const { upstream } = this.#site;
    if (upstream === null) return;
    this.#impair(`upstream: ${what}`, 0);
    if (what === "cut") upstream.cutAfter(bytes);
    else upstream[what]();
  }

  #stallUpstream(forMs: number): void {
    const { upstream } = this.#site;
    if (upstream === null) return;
    this.#impair("upstream: stalled", forMs);
    // What the Runtime lets go meanwhile can't be told any more.
    if (this.#schedule.circumstances.retentionEvents < SHORT_RETENTION) this.#markUnretained();
    upstream.pipe.hold();
    this.#time.plan(forMs, () => upstream.pipe.release());
  }

  #restart({ of, downMs, isClean, lostWrites }: Extract<Step, { kind: "restart" }>): void {
    const what = this.#site.isEmbedded || of === "machine" ? "both" : of === "runtime_machine" ? "runtime" : of;
    this.#impair(`restart of ${of}`, downMs);
    const start = () => void this.#time.plan(downMs, () => this.#site.restart(what));
    if (isClean) return this.#site.close(what, start);
    this.#site.kill(what);
    if ((of === "machine" || of === "runtime_machine") && this.#site.disk.endMachine(lostWrites) > 0)
      this.#markUnretained();
    start();
  }

  /** Where the Backend stands may be gone: then all its viewers start over with it, once it has noticed. */
  #loseUpstream(): void {
    this.#markUnretained();
    if (!this.#site.isEmbedded) this.#upstreamLostUntilMs = Number.POSITIVE_INFINITY;
  }

  #impair(what: string, forMs: number): void {
    for (const viewer of this.#viewers) viewer.fault(what);
    this.#impairedUntilMs = Math.max(this.#impairedUntilMs, this.#time.elapsedMs + forMs + RECOVERY_MS);
  }

  #markUnretained(): void {
    for (const viewer of this.#viewers) viewer.unretained();
  }

  /** Whether the servers can surely go on from there: they may be able to although this says no. */
  #isRetained(cursor: string): boolean {
    const { retentionEvents, windowFrames } = this.#schedule.circumstances;
    const { log } = this.#site.disk;
    const inner = /wo_[0-9a-f]{16}$/.exec(cursor)?.[0] ?? "";
    const isStart = inner.endsWith("00000000");
    const place = isStart ? -1 : log.findLastIndex((event) => event.cursor === inner);
    if ((place === -1 && !isStart) || log[place]?.isLost === true) return false;
    const following = log.slice(place + 1).filter(({ isLost }) => !isLost).length;
    // More may come while it is being read.
    return following <= Math.min(retentionEvents, windowFrames / 2);
  }

  /** Everything that was broken is whole again. */
  #heal(): void {
    this.#provider.faults.length = 0;
    this.#site.disk.refusals = 0;
    this.#pageHop.faults.length = 0;
    this.#site.runtimeHop.faults.length = 0;
  }

  #rest(): void {
    const until = this.#time.elapsedMs + MAX_REST_MS;
    let restingSinceMs: number | null = null;
    while (this.#time.elapsedMs < until) {
      this.#time.run(this.#time.elapsedMs + LOOK_MS);
      const isResting = this.#site.runtime !== null && this.#site.backend !== null && this.#isAtRest();
      restingSinceMs = isResting ? (restingSinceMs ?? this.#time.elapsedMs) : null;
      if (restingSinceMs !== null && this.#time.elapsedMs - restingSinceMs >= CALM_MS) return;
    }
  }

  get #head(): string {
    return this.#site.disk.log.findLast(({ isLost }) => !isLost)?.cursor ?? "";
  }

  #isAtRest(): boolean {
    const head = this.#head;
    return this.#viewers.every((viewer) => viewer.isAtRest(head)) && this.#truth().run.state !== "active";
  }

  /** What the surviving events come to. */
  #truth(): Transcript {
    const { log } = this.#site.disk;
    // What a machine took was folded already: then everything is folded anew.
    const losses = log.reduce((count, { isLost }) => count + (isLost ? 1 : 0), 0);
    if (losses !== this.#folded.losses) this.#folded = { state: emptyTranscript(), events: 0, losses };
    let { state } = this.#folded;
    for (const { payload, ts, isLost } of log.slice(this.#folded.events)) {
      if (!isLost) state = fold(state, Event.parse(JSON.parse(payload)), ts);
    }
    this.#folded = { state, events: log.length, losses };
    return state;
  }

  /** Where the Runtime itself says that the Worker stands. */
  #told(): Transcript | null {
    let told: Transcript | null = null;
    const look = new AbortController();
    const read = async (runtime: NonNullable<SimulatedSite["runtime"]>["runtime"]): Promise<void> => {
      for await (const step of runtime.observe(REF.worker_id, { signal: look.signal })) {
        if (step.kind !== "snapshot") continue;
        const event = Event.parse(JSON.parse(step.event.payload));
        if (isSnapshotEvent(event)) told = transcriptOf(event.data);
        return;
      }
    };
    const { runtime } = this.#site;
    if (runtime !== null) read(runtime.runtime).catch(() => {});
    this.#time.run(this.#time.elapsedMs);
    look.abort();
    return told;
  }

  #judge(): RunResult {
    const told = this.#told();
    const truth = { ...this.#truth(), greeting: told?.greeting ?? emptyTranscript().greeting };
    const histories = this.#viewers.flatMap((viewer) => viewer.history ?? []);
    const { retentionEvents, retentionDeltasMs } = this.#schedule.circumstances;
    const sends: Send[] = [...this.#sends].map(([submissionId, send]) => ({ submissionId, ...send }));
    const runtimeItself = {
      name: "runtime",
      records: [],
      transcript: told ?? emptyTranscript(),
      link: told === null ? "away" : "live",
      counters: {},
      mayFallBehind: false,
    };
    const findings = judge({
      log: this.#site.disk.log,
      truth,
      sends,
      hasUniqueTexts: true,
      policyOf: (cursor) => this.#policyOf(cursor),
      viewers: [runtimeItself, ...histories],
      mayCompact: retentionEvents < SHORT_RETENTION || retentionDeltasMs < LONG_RETENTION_MS,
      piecesKeptMs: Math.min(retentionDeltasMs, PIECES_GRACE_MS),
      counters: {
        unexpected: this.#site.unexpected.length,
        neverLoaded: this.#viewers.length - histories.length,
      },
    });
    const unexpected = this.#site.unexpected.map((error): Finding => {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { rule: "counter", who: "servers", detail };
    });
    const trace = () => JSON.stringify([this.#site.disk.log, histories.map(({ records }) => records), sends]);
    return { findings: [...findings, ...unexpected], trace, steps: this.#time.steps };
  }
}

const policyThat = (hides: boolean): ObservationPolicy => (hides ? hideInnerWork : passThrough);

/** A cursor up to where the Runtime's begins. */
const prefixOf = (cursor: string): string => cursor.slice(0, cursor.indexOf("."));

/** How long a hop that is whole again may take to be noticed: silence, and the longest wait after it. */
const RECOVERY_MS = 8_000;
const SMALL_WINDOW = 100;
const SMALL_BUFFER_BYTES = 10_000;
const SHORT_RETENTION = 1_000;
const LONG_RETENTION_MS = 600_000;
