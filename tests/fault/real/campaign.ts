/**
 * A campaign: many schedules, on a few stages at a time.
 *
 * Owns which stage runs which schedule, the stages' lives, and what is told of it all. A stage is raised anew from time to
 * time, so that none grows old, and after a schedule that failed, so that the next one begins on sound ground.
 */
import type { StageKind } from "./faults.ts";
import { runPlan, type Outcome, type Plan } from "./schedule.ts";
import { Stage, type StageOptions } from "./stage.ts";

/** How to run. */
export interface CampaignOptions {
  readonly plans: readonly Plan[];
  /** Stages at a time. */
  readonly lanes: number;
  /** Told of each outcome as it comes. */
  readonly onOutcome?: (outcome: Outcome, stageOutput: string) => void;
}

/** Schedules that one stage runs. */
const STAGE_SCHEDULES = 50;
/** After so many that failed, the rest would say no more. */
const FAILURES_ENOUGH = 20;

const KINDS: Readonly<Record<StageKind, StageOptions>> = {
  ordinary: {},
  short_retention: { settings: { YOI_RETENTION_EVENTS: "16" } },
};

/** Runs all plans. Outcomes come in no particular order. */
export async function runCampaign({
  plans,
  lanes,
  onOutcome = () => {},
}: CampaignOptions): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = [...Map.groupBy(plans, ({ stage }) => stage).values()].flatMap(batchesOf);
  let failures = 0;
  const lane = async () => {
    for (let batch = queue.shift(); batch !== undefined; batch = queue.shift()) {
      const rest = [...batch];
      while (rest.length > 0) {
        await using stage = await Stage.raise(KINDS[rest[0]?.stage ?? "ordinary"]);
        for (let plan = rest.shift(); plan !== undefined; plan = rest.shift()) {
          const outcome = await runPlan(stage, plan);
          outcomes.push(outcome);
          onOutcome(outcome, stage.output);
          if (outcome.findings.length === 0) continue;
          failures += 1;
          if (failures >= FAILURES_ENOUGH) return;
          break;
        }
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}

function batchesOf(plans: readonly Plan[]): readonly (readonly Plan[])[] {
  const count = Math.ceil(plans.length / STAGE_SCHEDULES);
  return Array.from({ length: count }, (_, index) =>
    plans.slice(index * STAGE_SCHEDULES, (index + 1) * STAGE_SCHEDULES),
  );
}

/** The value below which a share of the samples lies; null where there are none. */
export function quantile(samples: readonly number[], share: number): number | null {
  const sorted = samples.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

/** What is told of an outcome that is not sound, with the way to see it again. */
export function describeFailure({ plan, findings, links }: Outcome, stageOutput: string): string {
  const found = findings.map(({ rule, who, detail }) => `  ${rule} (${who}): ${detail}`);
  const said = stageOutput.split("\n").slice(-20);
  return [
    `Seed ${plan.seed} failed; npm run fault -- --schedules 1 --seed ${plan.seed} runs it again.`,
    `  plan: ${JSON.stringify(plan)}`,
    ...found,
    ...links.map((line) => `  ${line}`),
    "  the processes said:",
    ...said.map((line) => `    ${line}`),
  ].join("\n");
}
