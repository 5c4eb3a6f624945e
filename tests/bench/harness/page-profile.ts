/**
 * A CPU profile of a page, taken by the browser.
 *
 * Owns the talk with the browser's profiler. Which part a function belongs to is for `profile-parts.ts`, by the source maps
 * of a build of its own: what is served has none.
 */
import process from "node:process";
import type { CDPSession } from "playwright-core";
import { createPagePartOf } from "./profile-parts.ts";
import { CpuProfile, foldProfile, type PartTimes } from "./profile.ts";

const INTERVAL_US = 200;
const ALWAYS = { fromUs: 0, toUs: Number.POSITIVE_INFINITY };

/** Does some work and tells what the page's main thread was busy with. */
export type ProfilePage = (session: CDPSession, work: () => Promise<unknown>) => Promise<PartTimes>;

/** Profiles pages of a build. @param built Its folder, with source maps */
export function createPageProfiler(built: string): ProfilePage {
  const partOf = createPagePartOf(process.cwd(), built);
  return async (session, work) => {
    await session.send("Profiler.enable");
    await session.send("Profiler.setSamplingInterval", { interval: INTERVAL_US });
    await session.send("Profiler.start");
    await work();
    const { profile } = await session.send("Profiler.stop");
    return foldProfile(CpuProfile.parse(profile), ALWAYS, partOf);
  };
}
