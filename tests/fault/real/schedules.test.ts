/** Schedules of faults against real processes: a slice of those that `npm run fault` runs. */
import { expect, test } from "vitest";
import { describeFailure, quantile, runCampaign } from "./campaign.ts";
import { FAULTS } from "./faults.ts";
import { crashOf, planOf } from "./schedule.ts";

const SCHEDULES = 200;
const CRASHES = 50;
const LANES = 2;
const LIVE_P99_MS = 250;
/** What a process takes to start while these schedules run, on two processors that nobody else uses: the median. */
const ORDINARY_START_MS = 220;
const DEADLINE_MS = 10 * 60_000;

test(
  `Over ${SCHEDULES} schedules nothing is lost, doubled or mended in silence, and viewers are live again at once`,
  async () => {
    const failures: string[] = [];
    const outcomes = await runCampaign({
      plans: Array.from({ length: SCHEDULES }, (_, index) => planOf(index + 1)),
      lanes: LANES,
      onOutcome(outcome, said) {
        if (outcome.findings.length > 0) failures.push(describeFailure(outcome, said));
      },
    });
    expect(failures.join("\n")).toBe("");
    expect(outcomes).toHaveLength(SCHEDULES);
    const met = new Set(outcomes.flatMap(({ plan }) => plan.turns.flatMap(({ faults }) => faults)));
    expect(FAULTS.map(({ name }) => name).filter((name) => !met.has(name))).toEqual([]);
    const samples = outcomes.flatMap(({ liveAfterMs }) => liveAfterMs);
    const liveMs = quantile(samples, 0.99) ?? Number.NaN;
    const startMs = quantile(
      outcomes.flatMap((outcome) => outcome.startMs),
      0.5,
    );
    // A machine that is slower for a while is so for everything; the starts tell by how much.
    const slowness = Math.max(1, (startMs ?? Number.NaN) / ORDINARY_START_MS);
    expect(liveMs / slowness).toBeLessThanOrEqual(LIVE_P99_MS);
  },
  DEADLINE_MS,
);

test(
  `After ${CRASHES} kills at any moment everything acknowledged and everything seen is there`,
  async () => {
    const failures: string[] = [];
    const outcomes = await runCampaign({
      plans: Array.from({ length: CRASHES }, (_, index) => crashOf(index + 1)),
      lanes: LANES,
      onOutcome(outcome, said) {
        if (outcome.findings.length > 0) failures.push(describeFailure(outcome, said));
      },
    });
    expect(failures.join("\n")).toBe("");
    expect(outcomes).toHaveLength(CRASHES);
  },
  DEADLINE_MS,
);
