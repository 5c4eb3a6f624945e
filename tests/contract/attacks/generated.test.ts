/** Some thousand bad requests to both APIs, made from their own descriptions; `npm run attack` sends many more. */
import { expect, test } from "vitest";
import { attack } from "../../attack/attack.ts";
import { HEAP_FACTOR } from "../../attack/heap-factor.ts";
import { testEngine } from "../../support/server-process.ts";

const REQUESTS = 2_500;
/** They take a few seconds; a machine that is at work on much else may need its time. */
const TIMEOUT_MS = 180_000;
/** The same requests for everybody: who looks for others has the command. */
const SEED = 7;

test.each(["workspace", "runtime"] as const)(
  `${REQUESTS} bad requests to the %s with seed ${SEED} are refused by type`,
  { timeout: TIMEOUT_MS },
  async (target) => {
    const { faults, statuses, heapBytes } = await attack({
      target,
      engine: testEngine,
      requests: REQUESTS,
      seed: SEED,
    });
    expect(faults).toEqual([]);
    // They are not all refused at the door.
    expect(Object.keys(statuses)).toEqual(expect.arrayContaining(["200", "400", "404", "405"]));
    expect(heapBytes.late / heapBytes.early).toBeLessThan(HEAP_FACTOR);
  },
);
