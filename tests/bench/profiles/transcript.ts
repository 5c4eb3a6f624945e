/**
 * What explains the figures of `transcript`: what the main thread of the console and of virtua's page is busy with.
 *
 * Owns the table of the operations. What they are is the case's.
 */
import { createPageProfiler } from "../harness/page-profile.ts";
import { breakdownOf, BUSY, sharesTable, TIME_HEAD, type ProfileSection } from "../harness/profile-table.ts";
import type { PartTimes } from "../harness/profile.ts";
import { OPERATIONS, type Operation, type WatchWork } from "../transcript-visit.ts";

const LABELS: Readonly<Record<Operation, string>> = {
  open: "open",
  append: "items come",
  update: "the last goes on",
  "read back": "read back",
  prepend: "older ones come",
};

type Profiled = "console" | "virtua";
const SIDES: readonly Profiled[] = ["console", "virtua"];

/** @param folders Where each page was built, with source maps */
export async function profileVisits(
  rounds: number,
  folders: Readonly<Record<Profiled, string>>,
  visits: Readonly<Record<Profiled, (watchWork: WatchWork) => Promise<unknown>>>,
): Promise<readonly ProfileSection[]> {
  const sections: ProfileSection[] = [];
  for (const side of SIDES) {
    const profilePage = createPageProfiler(folders[side]);
    const taken: { readonly operation: Operation; readonly times: PartTimes }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await visits[side](async (operation, session, act) => {
        taken.push({ operation, times: await profilePage(session, act) });
      });
    }
    const columns = OPERATIONS.map((operation) => {
      const profiles = taken.filter((one) => one.operation === operation).map(({ times }) => times);
      return breakdownOf(LABELS[operation], profiles);
    });
    sections.push({
      says: `Where the time goes on the page of ${side === "console" ? "the console" : "virtua"}, by the browser's CPU profiles of ${rounds} visits: shares of the time in which the main thread is busy.`,
      table: sharesTable(TIME_HEAD, BUSY, columns),
    });
  }
  return sections;
}
