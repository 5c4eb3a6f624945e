/**
 * A CPU profile, folded into shares.
 *
 * Owns the reading of V8's format and the sum of each part's own time. Which part a function belongs to is for
 * `profile-parts.ts`. Pure: `profiling.ts` takes profiles.
 */
import * as z from "zod/mini";

const CallFrame = z.object({
  functionName: z.string(),
  /** The address of the module, or empty for what is no JavaScript. */
  url: z.string(),
  /** Where the function begins, from zero. */
  lineNumber: z.number(),
  columnNumber: z.number(),
});
export type CallFrame = z.infer<typeof CallFrame>;

/** What V8 writes, as far as it is read here. */
export const CpuProfile = z.object({
  nodes: z.array(z.object({ id: z.number(), callFrame: CallFrame, children: z.optional(z.array(z.number())) })),
  /** In microseconds, on the machine's monotonic clock. */
  startTime: z.number(),
  /** The node in which each sample found the thread. */
  samples: z.array(z.number()),
  /** From the sample before, in microseconds. */
  timeDeltas: z.array(z.number()),
});
export type CpuProfile = z.infer<typeof CpuProfile>;

/** The part that a function's own time counts for: its own name first, then those that it was called by. */
export type PartOf = (frame: CallFrame, callers: readonly CallFrame[]) => string;

/** Microseconds by part. */
export type PartTimes = ReadonlyMap<string, number>;

/** A part and its share, 0 … 1. */
export interface PartShare {
  readonly part: string;
  readonly share: number;
}

/** V8's name for the time in which there is nothing to do. */
const IDLE = "(idle)";

/** A stretch of time, on the clock of the profile. */
export interface Stretch {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Each part's own time in a stretch; what is idle is nobody's. */
export function foldProfile(
  { nodes, startTime, samples, timeDeltas }: CpuProfile,
  { fromUs, toUs }: Stretch,
  partOf: PartOf,
): PartTimes {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const parts = new Map(nodes.map(({ id, callFrame }) => [id, partOf(callFrame, callersOf(id, parents, frames))]));
  const times = new Map<string, number>();
  let atUs = startTime;
  for (const [index, id] of samples.entries()) {
    atUs += timeDeltas[index] ?? 0;
    // A sample tells what goes on until the next one is taken.
    const lastsUs = timeDeltas[index + 1] ?? 0;
    const part = parts.get(id);
    if (atUs < fromUs || atUs >= toUs || part === undefined || frames.get(id)?.functionName === IDLE) continue;
    times.set(part, (times.get(part) ?? 0) + lastsUs);
  }
  return times;
}

/** Profiles of the same program as one, the largest part first. @param least The smallest share that is told */
export function sharesOf(profiles: readonly PartTimes[], least: number): readonly PartShare[] {
  const sums = new Map<string, number>();
  for (const times of profiles) {
    for (const [part, timeUs] of times) sums.set(part, (sums.get(part) ?? 0) + timeUs);
  }
  const busyUs = [...sums.values()].reduce((sum, timeUs) => sum + timeUs, 0);
  return Array.from(sums, ([part, timeUs]) => ({ part, share: timeUs / busyUs }))
    .filter(({ share }) => share >= least)
    .toSorted((a, b) => b.share - a.share);
}

/** Nearest first. */
function callersOf(
  id: number,
  parents: ReadonlyMap<number, number>,
  frames: ReadonlyMap<number, CallFrame>,
): readonly CallFrame[] {
  const callers: CallFrame[] = [];
  for (let parent = parents.get(id); parent !== undefined; parent = parents.get(parent)) {
    const frame = frames.get(parent);
    if (frame !== undefined) callers.push(frame);
  }
  return callers;
}
