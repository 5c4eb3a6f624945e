/**
 * A CPU profile of this program itself.
 *
 * Owns the talk with its own inspector. For cases whose work is done in the bench's own process.
 */
import { Session } from "node:inspector/promises";
import process from "node:process";
import { createPartOf } from "./profile-parts.ts";
import { CpuProfile, foldProfile, type PartTimes } from "./profile.ts";

const INTERVAL_US = 500;
const ALWAYS = { fromUs: 0, toUs: Number.POSITIVE_INFINITY };

/** Does some work and tells what the main thread was busy with. */
export async function profileOwn(work: () => Promise<unknown>): Promise<PartTimes> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: INTERVAL_US });
    await session.post("Profiler.start");
    await work();
    const { profile } = await session.post("Profiler.stop");
    return foldProfile(CpuProfile.parse(profile), ALWAYS, createPartOf(process.cwd()));
  } finally {
    session.disconnect();
  }
}
