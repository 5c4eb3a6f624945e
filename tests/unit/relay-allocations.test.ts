/** What a relay allocates for each event that it shows, and for each viewer of it: counted, not timed. */
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import * as z from "zod/mini";

/** The frame's text and bytes, the event's place in the transcript and the steps of the observation, with some room. */
const MAX_BYTES_PER_EVENT = 5_000;
/** A closure is 64 bytes, a promise 40, the step of an iterator 40. */
const MAX_BYTES_PER_VIEWER = 4;
const MORE_VIEWERS = 100;

/** What is counted is what the sources say: no compiler takes anything out, and no collection comes in between. */
const FLAGS = [
  "--expose-gc",
  "--min-semi-space-size=64",
  "--max-semi-space-size=64",
  "--single-threaded",
  "--no-opt",
  "--no-maglev",
  "--no-sparkplug",
];
const PROGRAM = fileURLToPath(new URL("../support/relay-allocations.ts", import.meta.url));
const Counted = z.strictObject({ bytesPerEvent: z.number(), writesPerEvent: z.number() });

async function count(viewers: number): Promise<z.infer<typeof Counted>> {
  const { stdout } = await promisify(execFile)(process.execPath, [...FLAGS, PROGRAM, String(viewers)]);
  return Counted.parse(JSON.parse(stdout));
}

test("a relay's event takes a bounded number of bytes, and one more viewer of it takes none", async () => {
  const [alone, crowd] = await Promise.all([count(1), count(1 + MORE_VIEWERS)]);
  expect([alone.writesPerEvent, crowd.writesPerEvent]).toEqual([1, 1 + MORE_VIEWERS]);
  expect(alone.bytesPerEvent).toBeGreaterThan(0);
  expect(alone.bytesPerEvent).toBeLessThan(MAX_BYTES_PER_EVENT);
  expect((crowd.bytesPerEvent - alone.bytesPerEvent) / MORE_VIEWERS).toBeLessThan(MAX_BYTES_PER_VIEWER);
});
