/**
 * The fault suite as a command.
 *
 * Owns its flags and what it prints: `--schedules 10000 --seed 1 --only cut,reset --lanes 2`, `--crashes 1000`, `--cuts 1`
 * (the stride), `--memory 100000` (events); without any of these a little of each but the last. `--write` puts what was
 * found into the document's matrix. A failing seed is printed, and runs again by itself.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { describeFailure, quantile, runCampaign } from "./campaign.ts";
import { cutEverywhere, type CutResult } from "./cuts.ts";
import { FAULTS, faultOf } from "./faults.ts";
import { matrixOf, renderMatrix, replaceMatrix } from "./matrix.ts";
import { measureStalledViewer, renderStalledViewer } from "./memory.ts";
import { crashOf, planOf, type Outcome, type Plan } from "./schedule.ts";
import { Stage } from "./stage.ts";
import { cutUpstream } from "./upstream-cuts.ts";

const DOCUMENT = "docs/faults.md";
const DEFAULT_SCHEDULES = 200;
const DEFAULT_CRASHES = 50;
const DEFAULT_LANES = 2;
/** Schedules between two words about how it goes. */
const REPORT_EVERY = 100;

/** The flags that take a number. */
type NumberFlag = "schedules" | "crashes" | "cuts" | "memory" | "seed" | "lanes";

/**
 * Runs the command.
 *
 * @returns the exit code
 * @throws RangeError in words for whoever typed it, before anything has run
 */
export async function runFault(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      schedules: { type: "string" },
      crashes: { type: "string" },
      cuts: { type: "string" },
      memory: { type: "string" },
      seed: { type: "string" },
      only: { type: "string" },
      lanes: { type: "string" },
      write: { type: "boolean", default: false },
    },
  });
  const { write } = values;
  const only = values.only?.split(",").map(faultOf) ?? FAULTS;
  const asked = [values.schedules, values.crashes, values.cuts, values.memory];
  const isDefault = asked.every((value) => value === undefined);
  const numberOf = (flag: NumberFlag, fallback: number): number => {
    const text = values[flag];
    if (text === undefined) return fallback;
    const number = Number(text);
    if (Number.isSafeInteger(number) && number > 0) return number;
    throw new RangeError(`Cannot run faults: --${flag} takes a whole number from 1 on, as 10000, not "${text}"`);
  };
  const seed = numberOf("seed", 1);
  const lanes = numberOf("lanes", DEFAULT_LANES);
  const scheduleCount = numberOf("schedules", isDefault ? DEFAULT_SCHEDULES : 0);
  const crashCount = numberOf("crashes", isDefault ? DEFAULT_CRASHES : 0);
  const stride = numberOf("cuts", isDefault ? 1 : 0);
  const memoryEvents = numberOf("memory", 0);

  const schedules = await runAll("schedules", scheduleCount, lanes, (index) => planOf(seed + index, only));
  const crashes = await runAll("crashes", crashCount, lanes, (index) => crashOf(seed + index));
  const cuts = stride > 0 ? await runCuts(stride) : [];
  if (memoryEvents > 0) console.log(renderStalledViewer(await measureStalledViewer(memoryEvents)));
  if (write) {
    const document = readFileSync(DOCUMENT, "utf8");
    writeFileSync(DOCUMENT, replaceMatrix(document, renderMatrix({ schedules, cuts, crashes }, matrixOf(document))));
  }
  const isSound = [...schedules, ...crashes, ...cuts].every(({ findings }) => findings.length === 0);
  return isSound ? 0 : 1;
}

/** Runs so many plans and tells how it goes. */
async function runAll(
  what: string,
  count: number,
  lanes: number,
  planAt: (index: number) => Plan,
): Promise<readonly Outcome[]> {
  if (count === 0) return [];
  const plans = Array.from({ length: count }, (_, index) => planAt(index));
  let [done, failed] = [0, 0];
  const startedMs = performance.now();
  const outcomes = await runCampaign({
    plans,
    lanes,
    onOutcome(outcome, output) {
      done += 1;
      if (outcome.findings.length > 0) {
        failed += 1;
        console.log(describeFailure(outcome, output));
      }
      if (done % REPORT_EVERY > 0) return;
      const seconds = Math.round((performance.now() - startedMs) / 1_000);
      console.log(`${done} of ${count} ${what}, ${failed} failed, ${seconds} s`);
    },
  });
  console.log(`${count - failed} of ${count} ${what} are sound.`);
  console.log(renderLive(outcomes.flatMap(({ liveAfterMs }) => liveAfterMs)));
  return outcomes;
}

function renderLive(samples: readonly number[]): string {
  const ms = (share: number) => `${(quantile(samples, share) ?? 0).toFixed(1)} ms`;
  return `Live again after ${ms(0.5)} (p50), ${ms(0.99)} (p99) of ${samples.length} attempts.`;
}

/** Cuts every kind of frame at every `stride`-th byte. */
async function runCuts(stride: number): Promise<readonly CutResult[]> {
  await using stage = await Stage.raise();
  const results = [...(await cutEverywhere(stage, stride)), await cutUpstream(stage, stride)];
  for (const { way, cuts, findings, liveAfterMs } of results) {
    const kinds = [...cuts].map(([name, count]) => `${name} ${count}`).join(", ");
    console.log(`Cuts, ${way}: ${kinds}. ${renderLive(liveAfterMs)}`);
    for (const { rule, who, detail } of findings) console.log(`  ${rule} (${who}): ${detail}`);
  }
  return results;
}
