/**
 * What happens in a simulated run, and when.
 *
 * Owns the steps, the circumstances, and their making from a seed. A schedule is plain data: it can be printed, and steps
 * can be taken out of it.
 */
import { Chance } from "./seeded-chance.ts";
import type { ProviderFault } from "./simulated-model.ts";
import type { RequestFault } from "./rest-hop.ts";

/** Which process a restart is of. `machine`: all of them, and what the disk had not kept; or the Runtime's machine only. */
export type RestartOf = "runtime" | "backend" | "both" | "machine" | "runtime_machine";

/** One step. `viewer` counts from 0 in the order of their joining; who has not joined is not touched. */
export type Step =
  /** `hides`: the Worker's inner work is hidden from it. */
  | { readonly kind: "join"; readonly hides: boolean }
  /** A rule for this viewer changes; once in a run at most. */
  | { readonly kind: "rules"; readonly viewer: number; readonly hides: boolean }
  | { readonly kind: "send"; readonly viewer: number; readonly provider: readonly ProviderFault[] }
  /** The same message from two tabs at once. */
  | { readonly kind: "send_twice"; readonly viewer: number }
  | { readonly kind: "cancel"; readonly viewer: number }
  | { readonly kind: "cut"; readonly viewer: number; readonly bytes: number }
  | { readonly kind: "deafen"; readonly viewer: number }
  | { readonly kind: "orphan"; readonly viewer: number }
  | { readonly kind: "stall"; readonly viewer: number; readonly forMs: number }
  /** Without a network: nothing reaches it, nothing leaves it. */
  | { readonly kind: "offline"; readonly viewer: number; readonly forMs: number }
  /** A person asks for a new link, or the page wakes up. */
  | { readonly kind: "renew"; readonly viewer: number; readonly times: number }
  | { readonly kind: "wake"; readonly viewer: number }
  | { readonly kind: "request_fault"; readonly fault: RequestFault; readonly hop: "page" | "runtime" }
  | { readonly kind: "upstream"; readonly what: "cut" | "deafen" | "orphan"; readonly bytes: number }
  | { readonly kind: "upstream_stall"; readonly forMs: number }
  /** The next events that are to be kept find no room on the disk. */
  | { readonly kind: "refuse"; readonly writes: number }
  | {
      readonly kind: "restart";
      readonly of: RestartOf;
      readonly downMs: number;
      readonly isClean: boolean;
      readonly lostWrites: number;
    };

/** A step and when it takes place, in milliseconds since the beginning. */
export interface TimedStep {
  readonly atMs: number;
  readonly step: Step;
}

/** What holds for the whole of a run. */
export interface Circumstances {
  readonly hop: "embedded" | "remote";
  /** Events kept for those who resume. */
  readonly retentionEvents: number;
  /** How long pieces of finished texts are kept. */
  readonly retentionDeltasMs: number;
  readonly windowFrames: number;
  readonly viewerBufferBytes: number;
  readonly maxWriteMs: number;
  readonly maxLatencyMs: number;
  readonly maxSliceBytes: number | null;
  readonly continueInterrupted: boolean;
}

/** One run. */
export interface Schedule {
  readonly seed: number;
  readonly circumstances: Circumstances;
  readonly steps: readonly TimedStep[];
}

const MAX_STEPS = 14;
const MAX_STEP_PAUSE_MS = 900;

/** The schedule of a seed. */
export function createSchedule(seed: number): Schedule {
  const chance = new Chance(seed, 1);
  const hop = chance.isTrue(0.4) ? "remote" : "embedded";
  const isShort = chance.isTrue(0.25);
  const circumstances: Circumstances = {
    hop,
    retentionEvents: isShort ? chance.between(10, 40) : 4_096,
    retentionDeltasMs: chance.isTrue(0.35) ? chance.between(50, 2_000) : 600_000,
    windowFrames: chance.isTrue(0.2) ? chance.between(3, 12) : 8_192,
    viewerBufferBytes: chance.isTrue(0.3) ? 600 : 1_048_576,
    maxWriteMs: chance.pick([0, 0, 0, 2, 20]),
    maxLatencyMs: chance.pick([0, 3, 30]),
    maxSliceBytes: chance.isTrue(0.25) ? chance.between(40, 900) : null,
    continueInterrupted: chance.isTrue(0.2),
  };
  const viewers = new Chance(seed, 9);
  const steps: TimedStep[] = [{ atMs: 0, step: joinOf(viewers) }];
  let atMs = 0;
  const count = chance.between(3, MAX_STEPS);
  for (let index = 0; index < count; index += 1) {
    atMs += chance.isTrue(0.4) ? chance.between(0, 12) : chance.between(0, MAX_STEP_PAUSE_MS);
    steps.push({ atMs, step: index === 0 ? sendBy(chance, 0) : stepOf(chance, hop, viewers) });
  }
  const changes = Array.from({ length: MAX_VIEWERS }, (_, viewer) => viewer).filter(() =>
    viewers.isTrue(CHANGES_SHARE),
  );
  for (const viewer of changes) {
    const step: Step = { kind: "rules", viewer, hides: viewers.isTrue(0.5) };
    steps.push({ atMs: viewers.between(0, atMs + MAX_STEP_PAUSE_MS), step });
  }
  const disk = new Chance(seed, 10);
  if (disk.isTrue(REFUSES_SHARE)) {
    const step: Step = { kind: "refuse", writes: disk.pick([1, 1, 2, 3]) };
    steps.push({ atMs: disk.between(1, atMs + MAX_STEP_PAUSE_MS), step });
  }
  return { seed, circumstances, steps: steps.toSorted((one, other) => one.atMs - other.atMs) };
}

const MAX_VIEWERS = 3;

const sendBy = (chance: Chance, viewer: number): Step => ({
  kind: "send",
  viewer,
  provider: Array.from({ length: chance.pick([0, 0, 1, 1, 2]) }, () =>
    chance.pick(["cut", "stall", "refused", "refused", "silent"] as const),
  ),
});

const HIDES_SHARE = 0.35;
const CHANGES_SHARE = 0.15;
const REFUSES_SHARE = 0.3;

/** From a seed of its own, so that the rest of the schedule is what it would be anyway. */
const joinOf = (viewers: Chance): Step => ({ kind: "join", hides: viewers.isTrue(HIDES_SHARE) });

function stepOf(chance: Chance, hop: Circumstances["hop"], viewers: Chance): Step {
  const viewer = chance.between(0, MAX_VIEWERS - 1);
  const bytes = chance.pick([0, 1, chance.between(2, 300), chance.between(300, 3_000)]);
  const options: (readonly [number, () => Step])[] = [
    [3, () => joinOf(viewers)],
    [6, () => sendBy(chance, viewer)],
    [1, () => ({ kind: "send_twice", viewer })],
    [2, () => ({ kind: "cancel", viewer })],
    [4, () => ({ kind: "cut", viewer, bytes })],
    [1, () => ({ kind: "deafen", viewer })],
    [1, () => ({ kind: "orphan", viewer })],
    [2, () => ({ kind: "stall", viewer, forMs: chance.pick([30, 400, 3_000, 12_000]) })],
    [1.5, () => ({ kind: "offline", viewer, forMs: chance.pick([300, 2_500, 7_000]) })],
    [1, () => ({ kind: "renew", viewer, times: chance.between(1, 3) })],
    [1, () => ({ kind: "wake", viewer })],
    [2, () => requestFault(chance, hop)],
    [4, () => restart(chance, hop)],
    [
      hop === "remote" ? 4 : 0,
      () => ({ kind: "upstream", what: chance.pick(["cut", "cut", "deafen", "orphan"]), bytes }),
    ],
    [hop === "remote" ? 1 : 0, () => ({ kind: "upstream_stall", forMs: chance.pick([30, 400, 3_000]) })],
  ];
  let ticket = chance.fraction() * options.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, make] of options) {
    ticket -= weight;
    if (ticket < 0) return make();
  }
  return joinOf(viewers);
}

function requestFault(chance: Chance, hop: Circumstances["hop"]): Step {
  const fault = chance.pick(["lost", "answer_lost", "answer_lost", "late"] as const);
  return { kind: "request_fault", fault, hop: hop === "remote" ? chance.pick(["page", "runtime"] as const) : "page" };
}

function restart(chance: Chance, hop: Circumstances["hop"]): Step {
  const of: RestartOf =
    hop === "remote"
      ? chance.pick(["runtime", "backend", "both", "machine", "runtime_machine"])
      : chance.pick(["both", "machine"]);
  const hasMachine = of === "machine" || of === "runtime_machine";
  return {
    kind: "restart",
    of,
    downMs: chance.pick([0, 20, 300, 2_500]),
    isClean: !hasMachine && chance.isTrue(0.3),
    lostWrites: hasMachine ? chance.pick([0, 1, 3, 12]) : 0,
  };
}
