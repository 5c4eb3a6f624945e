/**
 * Viewers of this server who missed something of long histories, of Workers in the server and of such in another process.
 *
 * Owns the stores, the processes and the positions. The Runtime's process stands; one server stands for the *warm* resumes,
 * and one is started for each round of *cold* ones. Both Runtimes have the whole of each history in their windows. All
 * histories are in the same processes, since no two processes are equally quick.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { ClientFrame } from "../../../protocol/frame.ts";
import type { WorkerId } from "../../../protocol/id.ts";
import { EMBEDDED_RUNTIME_ID, viewerUrl } from "../programs/worker-client.ts";
import type { ServerChild, StartOptions } from "./child.ts";
import type { Engine } from "./engine.ts";
import { writeLongHistories, type LongHistories } from "./long-history.ts";
import type { TimeToResume } from "./missed-history.ts";
import { untilQuiet } from "./processor-time.ts";
import { REMOTE_RUNTIME_ID, startBackendOf, startRemoteRuntime } from "./remote.ts";
import { storePath } from "./stored-history.ts";

/** Where the Worker is: inside the server, or in a Runtime's process of its own. */
export const PLACES = ["embedded", "remote"] as const;
export type Place = (typeof PLACES)[number];

const RUNTIME_IDS = { embedded: EMBEDDED_RUNTIME_ID, remote: REMOTE_RUNTIME_ID } as const;
const DAY_MS = 24 * 3_600_000;
/** Nothing of a million events is let go, and a cursor goes on where a server is started anew. */
const SETTINGS = {
  YOI_RETENTION_EVENTS: "1000000",
  YOI_RETENTION_CHARS: String(1024 * 1024 * 1024),
  YOI_RETENTION_DELTAS_MS: String(DAY_MS),
  YOI_CURSOR_SECRET: "the same secret for every server of the bench",
};
const POSITION_DIGITS = 8;
const HEXADECIMAL = 16;
/** Of the small Worker, until what a process does for the first time is done. */
const FIRST_RESUMES = 20;
/** Of each Worker, until the engine of the server that stands has compiled what a resume runs through. */
const WARMING_RESUMES = 100;

/** Where a viewer comes back to, and what it must get. */
interface Missed {
  readonly path: string;
  readonly cursor: string;
  readonly last: string;
  readonly events: number;
}

/** The stores of both Runtimes with the same histories. */
export interface ResumeHistories<Size extends number> extends Disposable {
  readonly path: string;
  readonly workers: Readonly<Record<Place, LongHistories<Size>>>;
}

/** Writes them. @param sizes How many events they have. */
export async function writeResumeHistories<Size extends number>(
  sizes: readonly Size[],
): Promise<ResumeHistories<Size>> {
  const path = mkdtempSync(join(tmpdir(), "yoi-bench-history-"));
  const write = (place: Place): Promise<LongHistories<Size>> =>
    writeLongHistories(storePath(path, RUNTIME_IDS[place]), RUNTIME_IDS[place], sizes);
  return {
    path,
    workers: { embedded: await write("embedded"), remote: await write("remote") },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Milliseconds, after each history. */
export type TimesToResume<Size extends number> = ReadonlyMap<Size, number>;

/** One engine with all histories. */
export interface ResumeStage<Size extends number> extends AsyncDisposable {
  /** The frames that were missed, as they are sent. */
  readonly missed: readonly string[];
  /** Comes back to the server that stands. */
  readonly warm: Readonly<Record<Place, ReadonlyMap<Size, TimeToResume>>>;
  /** Ends the server that stands. */
  readonly endStanding: () => Promise<void>;
  /**
   * Starts a server, comes back to each Worker once when it is quiet, and ends it; and once more, with the histories in
   * the other order: whoever is first is slower. Only when none stands. @returns the means of both
   */
  readonly cold: () => Promise<Readonly<Record<Place, TimesToResume<Size>>>>;
}

/** Starts the processes on a copy of the histories. @param missed How many of its events a viewer has missed. */
export async function openResumeStage<Size extends number>(
  engine: Engine,
  histories: ResumeHistories<Size>,
  missed: number,
): Promise<ResumeStage<Size>> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(mkdtempSync(join(tmpdir(), "yoi-bench-")), (path) => rmSync(path, { recursive: true }));
  cpSync(histories.path, folder, { recursive: true });
  const options: StartOptions = { environment: { ...SETTINGS, YOI_DATA_DIR: folder, YOI_RUNTIME_DATA_DIR: folder } };
  const runtime = stack.use(await startRemoteRuntime(engine, options));
  const startServer = () => startBackendOf(runtime, engine, options);
  const standing = stack.use(await startServer());
  const missedAt = async (place: Place) => {
    const { long, small } = histories.workers[place];
    const ofLong = new Map<Size, Missed>();
    for (const [size, worker] of long) ofLong.set(size, await positionOf(standing, pathOf(place, worker), missed));
    return { long: ofLong, small: await positionOf(standing, pathOf(place, small), 1) };
  };
  const at = { embedded: await missedAt("embedded"), remote: await missedAt("remote") };
  const warmAt = (place: Place): ReadonlyMap<Size, TimeToResume> =>
    new Map(Array.from(at[place].long, ([size, one]) => [size, async () => (await resume(standing, one)).elapsedMs]));
  const warm = { embedded: warmAt("embedded"), remote: warmAt("remote") };
  for (let left = WARMING_RESUMES; left > 0; left -= 1) {
    for (const place of PLACES) for (const timeToResume of warm[place].values()) await timeToResume();
  }
  const [some] = at.embedded.long.values();
  const frames = some === undefined ? [] : (await resume(standing, some)).frames;
  const comeBackCold = async (isLongestFirst: boolean) => {
    await using server = await startServer();
    const timesToResume = async (place: Place): Promise<TimesToResume<Size>> => {
      const { long, small } = at[place];
      for (let left = FIRST_RESUMES; left > 0; left -= 1) await resume(server, small);
      const order = isLongestFirst ? [...long].toReversed() : [...long];
      const times = new Map<Size, number>();
      for (const [size, one] of order) {
        // Reading a million events leaves the collector work that may fall on any moment.
        await untilQuiet(server.pid);
        times.set(size, (await resume(server, one)).elapsedMs);
      }
      return times;
    };
    return { embedded: await timesToResume("embedded"), remote: await timesToResume("remote") };
  };
  const kept = stack.move();
  return {
    missed: frames,
    warm,
    endStanding: () => standing[Symbol.asyncDispose](),
    async cold() {
      const [up, down] = [await comeBackCold(false), await comeBackCold(true)];
      return { embedded: meansOf(up.embedded, down.embedded), remote: meansOf(up.remote, down.remote) };
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function meansOf<Size extends number>(one: TimesToResume<Size>, other: TimesToResume<Size>): TimesToResume<Size> {
  return new Map(Array.from(one, ([size, ms]) => [size, (ms + (other.get(size) ?? Number.NaN)) / 2]));
}

function pathOf(place: Place, worker: WorkerId): string {
  return `/api/runtimes/${RUNTIME_IDS[place]}/workers/${worker}`;
}

/** The position of a viewer that has missed the newest events, and that of the newest one. */
async function positionOf(server: ServerChild, path: string, missed: number): Promise<Missed> {
  const last = await newestCursor(server, path);
  const position = Number.parseInt(last.slice(-POSITION_DIGITS), HEXADECIMAL);
  const before = (position - missed).toString(HEXADECIMAL).padStart(POSITION_DIGITS, "0");
  return { path, cursor: last.slice(0, -POSITION_DIGITS) + before, last, events: missed };
}

async function newestCursor(server: ServerChild, path: string): Promise<string> {
  const socket = open(viewerUrl(server.url + path));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.once("error", reject);
  socket.once("message", (data: Buffer) => resolve(data.toString()));
  try {
    return cursorOf(await promise);
  } finally {
    socket.terminate();
  }
}

/** Opens a socket and waits for the last of what was missed. @throws Error when other events came than were missed */
async function resume(server: ServerChild, { path, cursor, last, events }: Missed) {
  const frames: string[] = [];
  const startedMs = performance.now();
  const socket = open(`${viewerUrl(server.url + path)}?cursor=${cursor}`);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.once("close", (code, reason) =>
    reject(new Error(`Cannot measure a resume: the socket closed with ${code} ${reason.toString()}`)),
  );
  socket.on("message", (data: Buffer) => {
    frames.push(data.toString());
    if (frames.length === events) resolve();
  });
  try {
    await promise;
    const elapsedMs = performance.now() - startedMs;
    if (cursorOf(frames.at(-1) ?? "") !== last) {
      throw new Error("Cannot measure a resume: other events came than were missed");
    }
    return { elapsedMs, frames };
  } finally {
    socket.removeAllListeners("close").terminate();
  }
}

function open(url: string): WebSocket {
  return new WebSocket(url, { perMessageDeflate: false });
}

function cursorOf(text: string): string {
  const frame = ClientFrame.parse(JSON.parse(text));
  if (frame.kind !== "event") throw new Error(`Cannot measure a resume: a frame of the kind ${frame.kind} came`);
  return frame.envelope.cursor;
}
