/**
 * What explains the figures of `streaming-markdown`: what the main thread of the console and of the faster peer is busy with.
 *
 * Owns the choice of the windows. What is written in them is the case's (`answer-pages.ts`).
 */
import { rmSync } from "node:fs";
import { launchChromium } from "../../support/chromium.ts";
import { DELTAS, openAnswer, SLOW_LONG, windowsOf, WORKLOADS } from "../answer-pages.ts";
import { startWorkspace } from "../harness/child.ts";
import { settled } from "../harness/page-cost.ts";
import { createPageProfiler } from "../harness/page-profile.ts";
import { BROWSERS_OWN } from "../harness/profile-parts.ts";
import { breakdownOf, sharesTable, TIME_HEAD, type Breakdown, type ProfileSection } from "../harness/profile-table.ts";
import type { PartTimes } from "../harness/profile.ts";
import { buildConsoleMaps, buildPeer } from "../peer-page.ts";

const SIDES = ["console", "streamdown"] as const;

/** Takes so many windows of each. */
export async function profileAnswers(rounds: number): Promise<readonly ProfileSection[]> {
  await using stack = new AsyncDisposableStack();
  const folders = { console: await buildConsoleMaps(), streamdown: await buildPeer("markdown-peer", true) };
  stack.defer(() => Object.values(folders).forEach((path) => rmSync(path, { recursive: true, force: true })));
  const workspace = stack.use(await startWorkspace("node"));
  const browser = await launchChromium();
  stack.defer(() => browser.close());
  const columns: Breakdown[] = [];
  for (const side of SIDES) {
    const profilePage = createPageProfiler(folders[side]);
    const answer = stack.use(await openAnswer(side, workspace.url, folders.streamdown));
    const { page, session, window } = await windowsOf(browser, answer);
    for (const workload of WORKLOADS) {
      const profiles: PartTimes[] = [];
      for (let round = 0; round <= rounds; round += 1) {
        const times = await window(workload, (send) => profilePage(session, () => send().then(() => settled(page))));
        // The first warms up.
        if (round > 0) profiles.push(scriptOf(times));
      }
      columns.push(breakdownOf(`${side}, ${workload === SLOW_LONG ? "slow" : workload.label}`, profiles));
    }
  }
  return [
    {
      says: `Where the time goes, by the browser's CPU profiles of ${rounds} windows of ${DELTAS} deltas each: shares of the script's time, without the styles, the layout and the painting that the browser does by itself. Slow: 100 kB with the processor 4 times slower.`,
      table: sharesTable(TIME_HEAD, "script, ms", columns),
    },
  ];
}

/** What the goals are about. */
function scriptOf(times: PartTimes): PartTimes {
  return new Map([...times].filter(([part]) => part !== BROWSERS_OWN));
}
