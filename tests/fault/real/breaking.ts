/**
 * The ways in which things break, for the faults to choose from.
 *
 * Owns what is done to links, clocks and processes; when, and under which name, is the matter of `faults.ts`.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Direction, Ending, Link, TcpProxy } from "../../support/tcp-proxy.ts";
import type { Chance } from "./chance.ts";
import type { Ask } from "./provider.ts";
import type { Scene } from "./scene.ts";
import { HEARTBEAT_MS, type Role } from "./stage.ts";
import type { Viewer } from "./viewer.ts";

/** What a fault finds. */
export interface Moment {
  readonly scene: Scene;
  readonly chance: Chance;
  /** The answer that streams. */
  readonly ask: Ask;
  /** Who has asked for it. */
  readonly speaker: Viewer;
}

/** Within which a cut of a request or of its answer falls. */
export const HEAD_BYTES = 600;
/** Within which a cut of a stream falls. */
export const STREAM_BYTES = 6_000;

/** Whether a viewer's connection carries its stream, rather than requests. */
export const isObservation = ({ opening }: Link): boolean => opening.includes("/events/ws");
export const observationsOf = (proxy: TcpProxy): readonly Link[] => proxy.links.filter(isObservation);

/** One of the viewers, or all. */
export function chosen({ scene, chance }: Moment): readonly Viewer[] {
  return chance.has(0.3) ? [...scene.viewers] : [chance.pick(scene.viewers)];
}

/** Cuts or resets streams at any byte to come. */
export async function cutLinks(moment: Moment, by: Ending): Promise<void> {
  for (const viewer of chosen(moment)) {
    viewer.note(`cut (${by})`);
    for (const link of observationsOf(viewer.proxy)) link.cutAfter(moment.chance.int(0, STREAM_BYTES), "to_client", by);
  }
  await pause(moment.chance.int(0, 20));
}

/** Cuts the next few handshakes of a viewer, whose link is cut for that. */
export async function cutHandshakes(moment: Moment, direction: Direction): Promise<void> {
  const { chance } = moment;
  const viewers = chosen(moment);
  for (const viewer of viewers) {
    viewer.afflict(`handshakes cut ${direction}`, () => ({
      kind: "cut",
      afterBytes: chance.int(0, HEAD_BYTES),
      direction,
    }));
    for (const link of observationsOf(viewer.proxy)) link.reset();
    await pause(chance.int(20, 80));
    viewer.look();
    await pause(chance.int(10, 40));
  }
  for (const viewer of viewers) viewer.heal();
}

/** Takes no bytes for a while. */
export async function stallLinks(links: readonly Link[], chance: Chance): Promise<void> {
  for (const link of links) link.stall();
  await pause(chance.int(5, 150));
  for (const link of links) link.flow();
}

/** A half-open link: the viewer finds out by itself. */
export async function swallow(moment: Moment, directions: readonly Direction[]): Promise<void> {
  for (const viewer of chosen(moment)) {
    viewer.note(`half-open ${directions.join(" and ")}`);
    viewer.isDoubtful = true;
    for (const link of observationsOf(viewer.proxy)) link.swallow(directions);
  }
  await pause(moment.chance.int(1, 2 * HEARTBEAT_MS));
}

/** Ends processes after a moment, and has them start again. */
export async function killed(
  { scene, chance }: Moment,
  roles: readonly Role[],
  signal?: NodeJS.Signals,
): Promise<void> {
  await pause(chance.int(0, 15));
  await scene.restart(roles, chance, signal);
}

/** Moves the wall clock of one process, and back. */
export function shiftClock({ scene, chance }: Moment, shiftMs: number): Promise<void> {
  const role: Role = chance.has(0.5) ? "backend" : scene.keeper;
  return scene.exclusively(async () => {
    scene.note(`clock ${shiftMs}`);
    await scene.stage.command(role, { shiftMs });
    await pause(chance.int(10, 60));
    await scene.stage.command(role, { shiftMs: 0 });
  });
}
