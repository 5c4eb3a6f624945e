/**
 * What explains the figures of `append`: where the appending thread's time goes, and what its longest pauses are made of.
 *
 * Owns the two tables. What is appended, and by whom, is the case's.
 */
import {
  BUSY,
  breakdownOf,
  sharesTable,
  TIME_HEAD,
  type Breakdown,
  type ProfileSection,
} from "../harness/profile-table.ts";
import { profileOwn } from "../harness/own-profile.ts";
import { pausesOf, type Pauses } from "../harness/pauses.ts";
import type { PartTimes } from "../harness/profile.ts";
import { alternate } from "../harness/rounds.ts";
import { median } from "../harness/statistics.ts";
import { figure } from "../harness/table.ts";

/** Who appends. */
export interface Appending {
  readonly label: string;
  /** Does one window of it, and `around` around it. */
  readonly work: (around: (window: () => Promise<unknown>) => Promise<unknown>) => Promise<unknown>;
  /** Whether it keeps something. */
  readonly keeps: boolean;
}

const COLUMNS: readonly (readonly [keyof Pauses, string])[] = [
  ["longestMs", "longest pause"],
  ["waitedMs", "of it without a processor"],
  ["collectedMs", "of it collecting garbage"],
  ["ownMs", "longest without such waits"],
  ["ownCollectedMs", "of that collecting garbage"],
];

/** Takes both in turns. */
export async function profileAppending(all: readonly Appending[], rounds: number): Promise<readonly ProfileSection[]> {
  const pauses = await alternate(
    rounds,
    new Map(all.map(({ label, work }) => [label, () => inWindow(work, pausesOf)])),
  );
  const times: Breakdown[] = [];
  for (const { label, work } of all.filter(({ keeps }) => keeps)) {
    const profiles: PartTimes[] = [];
    while (profiles.length < rounds) profiles.push(await inWindow(work, profileOwn));
    times.push(breakdownOf(label, profiles));
  }
  return [
    {
      says: "Where the time goes, by CPU profiles of the appending process: shares of the time in which its main thread is busy.",
      table: sharesTable(TIME_HEAD, BUSY, times),
    },
    {
      says: "What the longest pause of a second is made of, by the system's account of the thread and the collector's own: medians. A collector that waits for a processor counts for both.",
      table: {
        head: ["ms", ...COLUMNS.map(([, head]) => head)],
        rows: Array.from(pauses, ([label, samples]) => [
          label,
          ...COLUMNS.map(([key]) => figure(median(samples.map((sample) => sample[key])))),
        ]),
      },
    },
  ];
}

/** What a watch tells of one window. */
async function inWindow<Told>(
  work: Appending["work"],
  watch: (window: () => Promise<unknown>) => Promise<Told>,
): Promise<Told> {
  const told: Told[] = [];
  await work(async (window) => told.push(await watch(window)));
  const [only] = told;
  if (only === undefined) throw new TypeError("Cannot profile: no window was done");
  return only;
}
