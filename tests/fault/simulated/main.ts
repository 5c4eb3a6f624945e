/**
 * One process that simulates: `main.ts --from 1 --schedules 1000`, or `--seed 7` for one run in full.
 *
 * Owns the loop over seeds and what is printed. The last line is JSON: how many runs there were, the seeds that failed,
 * and what was wrong. The globals must be replaced before anything else is loaded that could take hold of them.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { installSimulatedGlobals } from "./simulated-globals.ts";

const start = performance.now();
installSimulatedGlobals();
const { createSchedule } = await import("./schedule.ts");
const { runSchedule } = await import("./run-schedule.ts");
const { shrink } = await import("./shrink.ts");

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    from: { type: "string", default: "1" },
    schedules: { type: "string", default: "1000" },
    /** Every how manieth seed is this process's. */
    stride: { type: "string", default: "1" },
    /** How many failures are enough. */
    failures: { type: "string", default: "5" },
    trace: { type: "boolean", default: false },
    quiet: { type: "boolean", default: false },
  },
});
const isOne = values.seed !== undefined;
const from = Number(values.seed ?? values.from);
const schedules = isOne ? 1 : Number(values.schedules);
const stride = Number(values.stride);
/** Stacks cost more than what they tell of, until something is wrong. */
if (!isOne) Error.stackTraceLimit = 0;

const failed: { readonly seed: number; readonly rules: readonly string[] }[] = [];
let runs = 0;
let digest = 0;

process.on("unhandledRejection", (reason) => {
  const seed = from + (runs - 1) * stride;
  console.error(`Seed ${seed} left a rejection that nobody handled:`, reason);
  failed.push({ seed, rules: ["unhandled"] });
  finish();
  process.exit(1);
});
// Each run has a turn of the event loop of its own, so that a rejection that nobody handles is known to be its.
setImmediate(next);

function next(): void {
  if (runs === schedules || failed.length === Number(values.failures)) return finish();
  const seed = from + runs * stride;
  runs += 1;
  const schedule = createSchedule(seed);
  const { findings, trace } = runSchedule(schedule);
  if (values.trace) console.log(trace());
  if (isOne) digest = digestOf(trace());
  if (findings.length > 0) {
    failed.push({ seed, rules: [...new Set(findings.map(({ rule }) => rule))] });
    if (!values.quiet) report(schedule);
  }
  setImmediate(next);
}

function report(schedule: ReturnType<typeof createSchedule>): void {
  const smallest = shrink(schedule, (smaller) => runSchedule(smaller).findings.length > 0);
  const { findings } = runSchedule(smallest);
  console.log(`Seed ${schedule.seed} fails. ${JSON.stringify(smallest.circumstances)}`);
  for (const { atMs, step } of smallest.steps) console.log(`  ${String(atMs).padStart(6)} ms  ${JSON.stringify(step)}`);
  for (const { rule, who, detail } of findings) console.log(`  ${rule}: ${who}: ${detail}`);
  console.log(`  Again: npm run fault:simulate -- --seed ${schedule.seed}`);
}

/** Tells one trace from another; the same for the same run. */
function digestOf(trace: string): number {
  let mixed = 0;
  for (let index = 0; index < trace.length; index += 1) mixed = (Math.imul(mixed, 31) + trace.charCodeAt(index)) | 0;
  return mixed;
}

function finish(): void {
  const seconds = (performance.now() - start) / 1_000;
  console.log(JSON.stringify({ runs, failed, seconds, ...(isOne ? { digest } : {}) }));
  process.exitCode = failed.length > 0 ? 1 : 0;
}
