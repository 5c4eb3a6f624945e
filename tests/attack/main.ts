/**
 * The command `npm run attack`: bad requests to both APIs on both engines.
 *
 * Owns what it prints: `--requests 100000 --seed 1 --only workspace,runtime --engines node,deno`. A failing request is
 * printed with its seed, which makes it again.
 */
import process from "node:process";
import { killChildrenAtExit } from "../bench/harness/child.ts";
import { attack } from "./attack.ts";
import { parseCommandLine, type AttackOrder } from "./command-line.ts";
import { HEAP_FACTOR } from "./heap-factor.ts";

const REPORT_EVERY = 20_000;
const MIB = 1_048_576;

killChildrenAtExit();
const { targets, engines, requests, seed } = orderOf(process.argv.slice(2));
for (const engine of engines) {
  for (const target of targets) {
    const onProgress = (sent: number) => sent % REPORT_EVERY === 0 && console.log(`  ${sent} sent`);
    const result = await attack({ target, engine, requests, seed, onProgress });
    const { early, late } = result.heapBytes;
    const statuses = Object.entries(result.statuses).map(([status, count]) => `${count} × ${status}`);
    console.log(
      `${target} on ${engine}: ${result.requests} bad requests in ${result.seconds.toFixed(0)} s (seed ${seed})`,
    );
    console.log(`  ${statuses.join(", ")}`);
    console.log(`  heap ${(early / MIB).toFixed(1)} MiB early, ${(late / MIB).toFixed(1)} MiB at the end`);
    for (const fault of result.faults) console.log(`  FAULT ${fault}`);
    if (late > early * HEAP_FACTOR) console.log(`  FAULT the heap has grown by more than ${HEAP_FACTOR}`);
    if (result.faults.length > 0 || late > early * HEAP_FACTOR) process.exitCode = 1;
  }
}
// What a test's network leaves behind must not keep the command.
process.exit();

function orderOf(args: readonly string[]): AttackOrder {
  try {
    return parseCommandLine(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return process.exit(2);
  }
}
