/**
 * The faults, each with the row that it has in the matrix.
 *
 * Owns how each is brought about and healed while an answer streams. What must hold is the same for all of them and is
 * the judge's matter. A fault starts when it is called and is over when it resolves.
 */
import { setTimeout as pause } from "node:timers/promises";
import {
  chosen,
  cutHandshakes,
  cutLinks,
  HEAD_BYTES,
  isObservation,
  killed,
  observationsOf,
  shiftClock,
  stallLinks,
  STREAM_BYTES,
  swallow,
  type Moment,
} from "./breaking.ts";
import type { Ask } from "./provider.ts";
import { createStorage, type Place } from "./scene.ts";

/** What a stage must be set up for. */
export type StageKind = "ordinary" | "short_retention";

export interface Fault {
  /** As it is called on the command line and in a plan. */
  readonly name: string;
  /** What is broken, in the matrix. */
  readonly part: string;
  /** How, in the matrix. */
  readonly title: string;
  /** Where a Worker must live for it; anywhere if absent. */
  readonly place?: Place;
  readonly stage?: StageKind;
  /** What the message asks for. */
  readonly ask?: Partial<Ask>;
  readonly act: (moment: Moment) => Promise<void>;
}

const DAY_MS = 24 * 3_600_000;
/** What a file may still grow to when the disk is full. */
const FILE_ROOM_BYTES = 4_096;

const VIEWER_LINK = "viewer – Backend";
const RUNTIME_LINK = "Backend – Runtime";
const PROVIDER_LINK = "Runtime – provider";
const PROCESSES = "processes";
const COMMANDS = "commands";
const MACHINE = "machine";

export const FAULTS: readonly Fault[] = [
  { name: "cut", part: VIEWER_LINK, title: "cut at any byte", act: (moment) => cutLinks(moment, "end") },
  { name: "reset", part: VIEWER_LINK, title: "reset at any byte", act: (moment) => cutLinks(moment, "reset") },
  {
    name: "handshake-in",
    part: VIEWER_LINK,
    title: "handshake cut at any byte of the request",
    act: (moment) => cutHandshakes(moment, "to_server"),
  },
  {
    name: "handshake-out",
    part: VIEWER_LINK,
    title: "handshake cut at any byte of the answer",
    act: (moment) => cutHandshakes(moment, "to_client"),
  },
  {
    name: "slices",
    part: VIEWER_LINK,
    title: "bytes arrive one by one",
    async act(moment) {
      for (const viewer of chosen(moment)) {
        for (const link of observationsOf(viewer.proxy)) link.slice(moment.chance.int(1, 8));
      }
    },
  },
  {
    name: "stall",
    part: VIEWER_LINK,
    title: "stalls, then goes on",
    async act(moment) {
      const viewers = chosen(moment);
      for (const viewer of viewers) viewer.note("stall");
      await stallLinks(
        viewers.flatMap((viewer) => observationsOf(viewer.proxy)),
        moment.chance,
      );
    },
  },
  {
    name: "deaf",
    part: VIEWER_LINK,
    title: "half-open: nothing reaches the viewer",
    act: (moment) => swallow(moment, ["to_client"]),
  },
  {
    name: "half-open",
    part: VIEWER_LINK,
    title: "half-open both ways: no end is told",
    act: (moment) => swallow(moment, ["to_client", "to_server"]),
  },
  {
    name: "slow",
    part: VIEWER_LINK,
    title: "a viewer reads nothing until the answer is over",
    async act({ scene, ask, speaker }) {
      const viewer = await scene.join();
      viewer.mayFallBehind = true;
      viewer.note("reads nothing");
      const links = observationsOf(viewer.proxy);
      for (const link of links) link.stall(["to_client"]);
      await scene.ended(ask, speaker);
      for (const link of links) link.flow();
    },
  },
  {
    name: "late",
    part: VIEWER_LINK,
    title: "viewers join and leave at any time",
    async act({ scene, chance, speaker }) {
      const leaving = scene.viewers.find((viewer) => viewer !== speaker);
      await scene.join();
      await pause(chance.int(0, 20));
      if (leaving) await scene.leave(leaving);
      await scene.join();
    },
  },
  {
    name: "upstream-cut",
    part: RUNTIME_LINK,
    title: "cut at any byte",
    place: "remote",
    async act({ scene, chance }) {
      scene.note("upstream cut");
      for (const link of scene.stage.runtimeLink.links) {
        link.cutAfter(chance.int(0, STREAM_BYTES), "to_client", chance.has(0.5) ? "end" : "reset");
      }
    },
  },
  {
    name: "upstream-cut-in",
    part: RUNTIME_LINK,
    title: "cut at any byte of a request",
    place: "remote",
    async act({ scene, chance }) {
      const { runtimeLink } = scene.stage;
      await scene.afflicting("upstream cut in the request", async () => {
        runtimeLink.accept(() => ({ kind: "cut", afterBytes: chance.int(0, HEAD_BYTES), direction: "to_server" }));
        runtimeLink.reset();
        await pause(chance.int(10, 200));
        runtimeLink.accept({ kind: "pass" });
      });
      // Who was on the way to the Runtime then learns of it after this.
      scene.note("upstream whole");
    },
  },
  {
    name: "upstream-slices",
    part: RUNTIME_LINK,
    title: "bytes arrive one by one",
    place: "remote",
    async act({ scene, chance }) {
      for (const link of scene.stage.runtimeLink.links) link.slice(chance.int(1, 8));
    },
  },
  {
    name: "upstream-stall",
    part: RUNTIME_LINK,
    title: "stalls, then goes on",
    place: "remote",
    async act({ scene, chance }) {
      scene.note("upstream stall");
      await stallLinks(scene.stage.runtimeLink.links, chance);
    },
  },
  {
    name: "upstream-half-open",
    part: RUNTIME_LINK,
    title: "half-open both ways, then gone",
    place: "remote",
    async act({ scene, chance }) {
      scene.note("upstream half-open");
      const { links } = scene.stage.runtimeLink;
      for (const link of links) link.swallow();
      await pause(chance.int(10, 200));
      for (const link of links) link.reset();
    },
  },
  {
    name: "provider-cut",
    part: PROVIDER_LINK,
    title: "cut at any byte of the answer",
    async act({ scene, chance }) {
      for (const link of scene.stage.providerLink.links) {
        link.cutAfter(chance.int(0, STREAM_BYTES), "to_client", chance.has(0.5) ? "end" : "reset");
      }
    },
  },
  {
    name: "provider-stall",
    part: PROVIDER_LINK,
    title: "silent for longer than is allowed",
    async act({ scene, ask, speaker }) {
      const { links } = scene.stage.providerLink;
      for (const link of links) link.swallow(["to_client"]);
      await scene.ended(ask, speaker);
    },
  },
  {
    name: "provider-slices",
    part: PROVIDER_LINK,
    title: "bytes arrive one by one",
    async act({ scene, chance }) {
      for (const link of scene.stage.providerLink.links) link.slice(chance.int(1, 8));
    },
  },
  {
    name: "provider-429",
    part: PROVIDER_LINK,
    title: "429, then an answer",
    ask: { refusals: 1 },
    act: async () => {},
  },
  {
    name: "kill-backend",
    part: PROCESSES,
    title: "`kill -9` of the Backend, with the Runtime in it",
    act: (moment) => killed(moment, ["backend"]),
  },
  {
    name: "kill-runtime",
    part: PROCESSES,
    title: "`kill -9` of the Runtime process",
    place: "remote",
    act: (moment) => killed(moment, ["runtime"]),
  },
  {
    name: "kill-both",
    part: PROCESSES,
    title: "`kill -9` of both",
    place: "remote",
    act: (moment) => killed(moment, ["backend", "runtime"]),
  },
  {
    name: "restart",
    part: PROCESSES,
    title: "an orderly restart",
    act: (moment) => killed(moment, [moment.scene.keeper], "SIGTERM"),
  },
  {
    name: "lost-answer",
    part: COMMANDS,
    title: "the acknowledgement is lost",
    async act({ scene, ask, speaker, chance }) {
      await scene.ended(ask, speaker);
      // The request gets through whole, its answer does not.
      speaker.afflict("answers are lost", { kind: "cut", afterBytes: chance.int(0, 200), direction: "to_client" });
      for (const link of speaker.proxy.links) if (!isObservation(link)) link.cutAfter(chance.int(0, 200), "to_client");
      const again = { ...ask, id: `${ask.id}-again` };
      const saying = scene.say(speaker, again);
      await scene.stage.provider.reached(again.id, 1, AbortSignal.timeout(1_000));
      speaker.heal();
      await saying;
      await scene.ended(again, speaker);
    },
  },
  {
    name: "two-tabs",
    part: COMMANDS,
    title: "sent by two tabs at once, and twice by each",
    async act({ scene, ask, speaker }) {
      await scene.ended(ask, speaker);
      const storage = createStorage();
      const one = await scene.join(storage);
      const again = { ...ask, id: `${ask.id}-again` };
      const saying = scene.say(one, again);
      // The draft is in the browser's storage, with its id, before its request goes out.
      const other = await scene.join(storage);
      await Promise.all([saying, scene.insist(one), scene.insist(other), scene.insist(other)]);
      await scene.ended(again, speaker);
    },
  },
  {
    name: "at-once",
    part: COMMANDS,
    title: "two viewers send different messages at once",
    async act({ scene, ask, speaker }) {
      await scene.ended(ask, speaker);
      const other = await scene.join();
      const one = { ...ask, id: `${ask.id}-one` };
      const two = { ...ask, id: `${ask.id}-two` };
      await Promise.all([scene.say(speaker, one), scene.say(other, two)]);
      await scene.ended(one, speaker);
      await scene.ended(two, speaker);
    },
  },
  {
    name: "stop",
    part: COMMANDS,
    title: "stopped while a viewer resumes",
    async act(moment) {
      const { scene, chance, speaker } = moment;
      const viewer = chance.pick(scene.viewers);
      viewer.note("cut (reset)");
      for (const link of observationsOf(viewer.proxy)) link.reset();
      await pause(chance.int(0, 10));
      await Promise.all([speaker.composer.cancelRun(), pause(chance.int(0, 5)).then(() => viewer.look())]);
    },
  },
  {
    name: "retention",
    part: MACHINE,
    title: "more is missed than is kept",
    stage: "short_retention",
    ask: { pieces: 80 },
    async act({ scene, ask, speaker }) {
      const viewer = scene.viewers.find((one) => one !== speaker) ?? (await scene.join());
      viewer.mayFallBehind = true;
      viewer.afflict("away for long", { kind: "refuse" });
      for (const link of viewer.proxy.links) link.reset();
      await scene.ended(ask, speaker);
      viewer.heal();
      viewer.look();
    },
  },
  {
    name: "disk-full",
    part: MACHINE,
    title: "no file may grow, then there is room again",
    act: ({ scene, chance }) =>
      scene.exclusively(async () => {
        scene.note("disk full");
        await scene.stage.limitFiles(scene.keeper, FILE_ROOM_BYTES);
        await pause(chance.int(10, 80));
        await scene.stage.limitFiles(scene.keeper, null);
        scene.noteRecovery("room again");
      }),
  },
  {
    name: "clock-forward",
    part: MACHINE,
    title: "the wall clock jumps a day ahead and back",
    act: (moment) => shiftClock(moment, DAY_MS),
  },
  {
    name: "clock-back",
    part: MACHINE,
    title: "the wall clock jumps a day back and ahead",
    act: (moment) => shiftClock(moment, -DAY_MS),
  },
];

/** @throws RangeError where there is none of that name */
export function faultOf(name: string): Fault {
  const found = FAULTS.find((fault) => fault.name === name);
  if (!found)
    throw new RangeError(
      `Cannot bring about "${name}": the faults are ${FAULTS.map((fault) => fault.name).join(", ")}`,
    );
  return found;
}
