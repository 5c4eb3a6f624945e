/**
 * Every cut: each kind of frame, cut at each of its bytes.
 *
 * Owns the conversation that has every kind of frame in it, the three ways in which a viewer comes to it (resuming, anew,
 * with a position that nobody knows), and one viewer per byte.
 */
import type { ConsoleData } from "../../../islands/console-data.ts";
import { ClientCursor } from "../../../protocol/cursor.ts";
import type { ProxyMode } from "../../support/tcp-proxy.ts";
import { judge, type Finding, type History } from "../checker.ts";
import { Chance } from "./chance.ts";
import { everyKind, framesOf } from "./frame-layout.ts";
import { createStorage, Scene } from "./scene.ts";
import type { Stage } from "./stage.ts";
import { loadPage, Viewer, type ViewerOptions } from "./viewer.ts";

/** What came of the cuts of one way in. */
export interface CutResult {
  readonly way: string;
  /** How many cuts each kind of frame got. */
  readonly cuts: ReadonlyMap<string, number>;
  readonly findings: readonly (Finding & { readonly offset: number })[];
  readonly liveAfterMs: readonly number[];
}

/** How a viewer comes, and which of its connections is cut. */
interface Way {
  readonly name: string;
  readonly data: ConsoleData;
  readonly connection: number;
}

/** Viewers at a time. */
const AT_ONCE = 12;
const PROVIDER_CUT_BYTES = 900;
const INNER_EPOCH = /wo_[0-9a-f]{8}/;

/** Cuts at every `stride`-th byte of every kind of frame, in every way in. */
export async function cutEverywhere(stage: Stage, stride = 1): Promise<readonly CutResult[]> {
  await using scene = await Scene.open(stage, "embedded", new Chance(1), 1);
  const page = await loadPage(stage.backendUrl, scene.ref);
  await converse(scene);
  const history = await scene.settle();
  const lost: ConsoleData = { ...page, cursor: ClientCursor.parse(page.cursor.replace(INNER_EPOCH, "wo_0badc0de")) };
  const ways: readonly Way[] = [
    { name: "from a position", data: page, connection: 0 },
    { name: "from a position that nobody knows", data: lost, connection: 0 },
    { name: "anew", data: lost, connection: 1 },
  ];
  const results: CutResult[] = [];
  for (const way of ways) results.push(await cutWay(scene, history, way, stride));
  return results;
}

/** A conversation with every kind of event that a Worker of ours publishes. */
export async function converse(scene: Scene): Promise<void> {
  const speaker = scene.viewers[0]!;
  const plain = { pieces: 3, paceMs: 0, thoughts: 0, refusals: 0 };
  const thoughtful = { ...plain, id: "thoughtful", thoughts: 2, refusals: 1 };
  await scene.say(speaker, thoughtful);
  await scene.ended(thoughtful, speaker);
  const broken = { ...plain, id: "broken", pieces: 200, paceMs: 1 };
  const stopped = { ...broken, id: "stopped" };
  await scene.say(speaker, broken);
  await scene.stage.provider.reached(broken.id, 3, AbortSignal.timeout(5_000));
  for (const link of scene.stage.providerLink.links) link.cutAfter(PROVIDER_CUT_BYTES);
  await scene.ended(broken, speaker);
  await scene.say(speaker, stopped);
  await scene.stage.provider.reached(stopped.id, 3, AbortSignal.timeout(5_000));
  await speaker.composer.cancelRun();
  await scene.ended(stopped, speaker);
}

function optionsOf({ stage, ref }: Scene, name: string): ViewerOptions {
  return {
    name,
    ref,
    storage: createStorage(),
    port: () => stage.backendPort,
    random: () => 0,
    onAnswer: () => {},
    affliction: () => null,
    upSinceMs: () => stage.upSinceMs(["backend"]),
  };
}

async function cutWay(scene: Scene, history: History, way: Way, stride: number): Promise<CutResult> {
  const offsets = [...everyKind(framesOf(await bytesOf(scene, way)))].filter((_, index) => index % stride === 0);
  const cuts = new Map<string, number>();
  const findings: (Finding & { readonly offset: number })[] = [];
  const liveAfterMs: number[] = [];
  const queue = offsets.values();
  const lane = async () => {
    for (const [offset, name] of queue) {
      cuts.set(name, (cuts.get(name) ?? 0) + 1);
      const by = offset % 2 === 0 ? "end" : "reset";
      const options = optionsOf(scene, `${way.name}, byte ${offset} of ${name}`);
      const cut: ProxyMode = { kind: "cut", afterBytes: offset, by };
      await using viewer = await Viewer.connect(options, way.data, cut, way.connection);
      const found = await afterCut(viewer, history, way);
      findings.push(...found.map((finding) => ({ ...finding, offset })));
      liveAfterMs.push(...viewer.liveAfterMs);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return { way: way.name, cuts, findings, liveAfterMs };
}

/** What is wrong with a viewer when it is calm again. */
async function afterCut(viewer: Viewer, history: History, { connection }: Way): Promise<readonly Finding[]> {
  const isCalm = () => viewer.link === "live" && viewer.connections > connection + 1;
  await viewer.until("a calm link", isCalm, { deadlineMs: 10_000 }).catch(() => {});
  return judge({ ...history, sends: [], viewers: [viewer.history()] });
}

/** All that a server sends to a viewer that comes this way and is not cut. */
async function bytesOf(scene: Scene, { data, connection }: Way): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const mode: ProxyMode = {
    kind: "read",
    toClient(bytes, link) {
      chunks.push(bytes);
      link.sendToClient(bytes);
    },
  };
  await using viewer = await Viewer.connect(optionsOf(scene, "the whole"), data, mode, connection);
  await viewer.until("the whole stream", () => viewer.link === "live" || viewer.connections > connection + 1);
  return Buffer.concat(chunks);
}
