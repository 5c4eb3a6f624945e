/**
 * The promise: whatever breaks the link, wherever in a run, the console goes on with nothing lost and nothing doubled.
 * Every index of a run is cut in every way, until a run ends before its cut would come.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { onBothServers, SHORT, type Stage } from "../both-servers.ts";
import { FrameProxy, type Break } from "../frame-proxy.ts";

/** Conversations at the same time, each in a tab of its own. */
const LANES = 8;
/** The shortest run that is believable: start, turn, call, message, text, end. */
const FEWEST_EVENTS = 20;

onBothServers(
  "A link that is cut at every event of a run",
  { YOI_DEMO_PACE: "0.2", YOI_HEARTBEAT_INTERVAL_MS: "100" },
  (stage) => {
    let proxy: FrameProxy;
    beforeAll(async () => {
      proxy = await FrameProxy.start(() => stage.server.port);
    });
    afterAll(() => proxy[Symbol.asyncDispose]());

    for (const kind of ["goodbye", "reset", "silence"] as const) {
      test(`by ${kind} resumes exactly`, async () => {
        const lanes = Array.from({ length: LANES }, (_, lane) => cutLane(stage, proxy, kind, lane));
        for (const { cuts, uncutEvents } of await Promise.all(lanes)) {
          expect(uncutEvents).toBeGreaterThan(FEWEST_EVENTS);
          // The run that was not cut had no event at that index: every event before has been cut by this lane or another.
          expect(cuts).toBeGreaterThanOrEqual(uncutEvents);
        }
      });
    }
  },
);

interface Lane {
  /** The first index at which a run was not cut. */
  readonly cuts: number;
  /** Events of that run. */
  readonly uncutEvents: number;
}

/** Cuts the runs of one conversation at every `LANES`-th index, until one has no event there. */
async function cutLane(stage: Stage, proxy: FrameProxy, kind: Break, lane: number): Promise<Lane> {
  const tab = await stage.openConsole({ origin: proxy.url, forgive: /WebSocket/ });
  await tab.growImpatient();
  const received = async () => (await tab.counters())[tab.words.link.counters.received] ?? 0;
  for (let index = lane, runs = 1; ; index += LANES, runs += 1) {
    const receivedBefore = await received();
    const cut = proxy.breakAfter(tab.ref, kind, index).then(() => true);
    await tab.composer.fill(SHORT);
    await tab.composer.press("Enter");
    const isCut = await Promise.race([cut, tab.settled(runs).then(() => false)]);
    proxy.leave(tab.ref);
    await tab.settled(runs);
    await tab.live();
    const kept = await stage.transcript(tab.ref);
    const where = `${kind} at ${index}`;
    expect(
      kept.map(({ role }) => role),
      where,
    ).toEqual(Array.from({ length: runs }, () => ["user", "assistant"]).flat());
    expect(await shown(tab.conversation()), where).toEqual(kept.map(({ content }) => content.replaceAll("**", "")));
    expect(await tab.oddities(), where).toEqual(tab.noOddities);
    if (!isCut) return { cuts: index, uncutEvents: (await received()) - receivedBefore };
  }
}

/** The texts alone, without who said them. */
async function shown(conversation: Promise<readonly string[]>): Promise<readonly string[]> {
  return (await conversation).map((line) => line.replace(/^\w+: /, ""));
}
