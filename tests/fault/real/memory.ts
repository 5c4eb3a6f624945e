/**
 * A viewer that never reads, while others do.
 *
 * Owns the long answer, the viewers' links, the server's memory before and after, and how long a piece takes from the
 * provider to a viewer, with and without the one that hangs.
 */
import { quantile } from "./campaign.ts";
import { Chance } from "./chance.ts";
import { Scene } from "./scene.ts";
import { Stage, type Memory } from "./stage.ts";
import type { Viewer } from "./viewer.ts";

/** What was measured. */
export interface StalledViewer {
  readonly events: number;
  /** Of the server, after a collection: before the first event, half-way and behind the last. */
  readonly memory: readonly Memory[];
  /** Of a viewer that reads, in milliseconds: with nobody hanging, and beside the one that hangs. */
  readonly p99Ms: { readonly alone: number; readonly beside: number };
}

/** Pieces of one answer: within what one may be long. */
const RUN_PIECES = 5_000;
/** Pieces at once: some thousand events in a second. */
const BURST_PIECES = 4;
/** Runs in which nobody hangs, for comparison. */
const RUNS_ALONE = 4;

/** Publishes at least so many events to a viewer that reads and to one that does not. */
export async function measureStalledViewer(events: number): Promise<StalledViewer> {
  await using stage = await Stage.raise();
  await using scene = await Scene.open(stage, "embedded", new Chance(1), 1);
  const reader = scene.viewers[0]!;
  await stream(scene, reader, "warm-up");
  const alone: number[] = [];
  for (let run = 0; run < RUNS_ALONE; run += 1) alone.push(...(await stream(scene, reader, `alone-${run}`)));
  const hanging = await scene.join();
  for (const link of hanging.proxy.links) link.stall(["to_client"]);
  const memory = [await stage.command("backend")];
  const beside: number[] = [];
  const runs = Math.ceil(events / RUN_PIECES);
  for (let run = 0; run < runs; run += 1) {
    beside.push(...(await stream(scene, reader, `beside-${run}`)));
    if (run === Math.floor(runs / 2)) memory.push(await stage.command("backend"));
  }
  memory.push(await stage.command("backend"));
  const p99 = (samples: readonly number[]) => quantile(samples, 0.99) ?? Number.NaN;
  // Each answer was seen whole; a reader that a busy machine holds up may have seen some of its pieces together.
  return { events: runs * RUN_PIECES, memory, p99Ms: { alone: p99(alone), beside: p99(beside) } };
}

/** Streams one answer. @returns how long each piece took to the viewer, in milliseconds */
async function stream(scene: Scene, viewer: Viewer, id: string): Promise<readonly number[]> {
  const sentMs: number[] = [];
  const samples: number[] = [];
  scene.stage.provider.onPiece = (_id, index) => (sentMs[index] = performance.now());
  const from = viewer.records.length;
  viewer.onFrame = (text) => {
    const index = new RegExp(`"text_delta","data":\\{"text":" ?${id}\\.(\\d+)"`).exec(text)?.[1];
    const sent = index === undefined ? undefined : sentMs[Number(index)];
    if (sent !== undefined) samples.push(performance.now() - sent);
  };
  const ask = { id, pieces: RUN_PIECES, paceMs: 1, burst: BURST_PIECES, thoughts: 0, refusals: 0 };
  await scene.say(viewer, ask);
  await scene.ended(ask, viewer);
  viewer.forget(from);
  return samples;
}

/** For people. */
export function renderStalledViewer({ events, memory, p99Ms }: StalledViewer): string {
  const mebi = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  const heaps = memory.map(({ heapUsed, external, rss }) => `${mebi(heapUsed)} + ${mebi(external)} of ${mebi(rss)}`);
  return [
    `A viewer that never read, for ${events} events: heap + external of resident MiB ${heaps.join(" → ")}.`,
    `Others: p99 ${p99Ms.alone.toFixed(1)} ms alone, ${p99Ms.beside.toFixed(1)} ms beside it.`,
  ].join("\n");
}
