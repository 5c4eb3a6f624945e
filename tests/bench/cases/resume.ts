/**
 * resume: how long a viewer that missed a hundred events waits for them, by how much there was before.
 *
 * Owns the workload and its figures. *Warm*: the server has the Worker's stream at hand, as after a blink of the network.
 * *Cold*: the server has just been started, so that the events come from the Runtime behind it. Neither may grow with the
 * history. The peer is Socket.IO's recovery of connections, which keeps what it has sent in memory.
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { ClientFrame } from "../../../protocol/frame.ts";
import type { BenchCase, BenchOptions, CaseResult } from "../bench-case.ts";
import { startWorkspace, type ServerChild } from "../harness/child.ts";
import { ENGINE_LABELS, ENGINES, type Engine } from "../harness/engine.ts";
import { alternate, samplesOf } from "../harness/rounds.ts";
import { openSocketIoRecovery, type SocketIoRecovery } from "../harness/socket-io-recovery.ts";
import { median, pairedRatio } from "../harness/statistics.ts";
import { writeHistory, type DataFolder } from "../harness/stored-history.ts";
import { figure, interval } from "../harness/table.ts";
import { EMBEDDED_RUNTIME_ID, viewerUrl } from "../programs/worker-client.ts";

const HISTORIES = [1_000, 10_000, 100_000] as const;
type Size = (typeof HISTORIES)[number];
const MISSED = 100;
/** The end of an answer has all of its text: as long a text after any history. */
const TOKENS_PER_ANSWER = 100;
const ROUNDS = 5;
const RESUMES = 20;
const GROWTH_GOAL = 1.5;
const WORKER_ID = "worker-00000001";
const SETTINGS = {
  YOI_RETENTION_EVENTS: "200000",
  YOI_RETENTION_CHARS: String(64 * 1024 * 1024),
  YOI_CURSOR_SECRET: "the same secret for every server of the bench",
};

type Subject = `${Engine | "peer"} ${Size}`;

/** In milliseconds. */
interface Sample {
  readonly warmMs: number;
  readonly coldMs: number;
}

export const resume: BenchCase = { name: "resume", run };

async function run({ rounds = ROUNDS }: BenchOptions): Promise<CaseResult> {
  await using peers = new AsyncDisposableStack();
  using folders = new DisposableStack();
  const histories = new Map<Size, DataFolder>();
  for (const size of HISTORIES) {
    histories.set(
      size,
      folders.use(await writeHistory({ workers: 1, messages: size / TOKENS_PER_ANSWER, tokens: TOKENS_PER_ANSWER })),
    );
  }
  const subjects = ENGINES.flatMap((engine) =>
    Array.from(histories, ([size, folder]): [Subject, () => Promise<Sample>] => [
      `${engine} ${size}`,
      () => measure(engine, folder.path),
    ]),
  );
  for (const size of HISTORIES) {
    const recovery = await openSocketIoRecovery(peers, { events: size, missed: MISSED });
    subjects.push([`peer ${size}`, () => measurePeer(recovery)]);
  }
  const samples = await alternate(rounds, new Map(subjects));
  const of = (engine: Engine | "peer", size: Size, key: keyof Sample) =>
    samplesOf(samples, `${engine} ${size}`).map((sample) => sample[key]);
  const growth = (engine: Engine | "peer", key: keyof Sample) =>
    pairedRatio(of(engine, HISTORIES[2], key), of(engine, HISTORIES[0], key));
  const kinds = [
    ["warm", "warmMs"],
    ["cold", "coldMs"],
  ] as const;
  return {
    tables: [
      {
        head: ["ms", ...HISTORIES.map((size) => `after ${size.toLocaleString("en-US")} events`), "growth"],
        rows: ENGINES.flatMap((engine) =>
          kinds.map(([name, key]) => [
            `${ENGINE_LABELS[engine]}, ${name}`,
            ...HISTORIES.map((size) => figure(median(of(engine, size, key)))),
            interval(growth(engine, key)),
          ]),
        ).concat([
          [
            "Socket.IO, warm",
            ...HISTORIES.map((size) => figure(median(of("peer", size, "warmMs")))),
            interval(growth("peer", "warmMs")),
          ],
        ]),
      },
    ],
    goals: ENGINES.flatMap((engine) =>
      kinds.map(([name, key]) => ({
        text: `${ENGINE_LABELS[engine]}, ${name}: grows at most ${GROWTH_GOAL} times`,
        isMet: growth(engine, key).median <= GROWTH_GOAL,
      })),
    ),
    notes: [
      `${MISSED} events missed, from opening the socket to the last of them; ${rounds} rounds of one cold and ${RESUMES} warm resumes.`,
    ],
  };
}

async function measure(engine: Engine, source: string): Promise<Sample> {
  const folder = mkdtempSync(join(tmpdir(), "yoi-bench-"));
  try {
    cpSync(source, folder, { recursive: true });
    const environment = { ...SETTINGS, YOI_DATA_DIR: folder };
    const { cursor, last } = await positions(engine, environment);
    await using server = await startWorkspace(engine, { environment });
    // What a process does for the first time of all is not what is asked here.
    await fetch(`${server.url}/healthz`);
    const coldMs = await timeToResume(server, cursor, last);
    const warm: number[] = [];
    for (let left = RESUMES; left > 0; left -= 1) warm.push(await timeToResume(server, cursor, last));
    return { coldMs, warmMs: median(warm) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measurePeer({ timeToRecover }: SocketIoRecovery): Promise<Sample> {
  const warm: number[] = [];
  for (let left = RESUMES; left > 0; left -= 1) warm.push(await timeToRecover());
  return { warmMs: median(warm), coldMs: Number.NaN };
}

/** The cursor of a viewer that has missed the newest events, and the newest one. */
async function positions(engine: Engine, environment: Readonly<Record<string, string>>) {
  await using server = await startWorkspace(engine, { environment });
  const snapshot = await firstCursor(server);
  const position = Number.parseInt(snapshot.slice(-8), 16);
  const missed = (position - MISSED).toString(16).padStart(8, "0");
  return { cursor: snapshot.slice(0, -8) + missed, last: snapshot };
}

async function firstCursor(server: ServerChild): Promise<string> {
  const socket = new WebSocket(eventsUrl(server));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.once("error", reject);
  socket.once("message", (data: Buffer) => resolve(cursorOf(data)));
  try {
    return await promise;
  } finally {
    socket.terminate();
  }
}

async function timeToResume(server: ServerChild, cursor: string, last: string): Promise<number> {
  const startedMs = performance.now();
  const socket = new WebSocket(`${eventsUrl(server)}?cursor=${cursor}`);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let count = 0;
  socket.once("error", reject);
  socket.once("close", (code, reason) =>
    reject(new Error(`Cannot measure a resume: the socket closed with ${code} ${reason.toString()}`)),
  );
  socket.on("message", (data: Buffer) => {
    count += 1;
    if (count === MISSED) {
      if (cursorOf(data) === last) resolve();
      else reject(new Error("Cannot measure a resume: other events came than were missed"));
    }
  });
  try {
    await promise;
    return performance.now() - startedMs;
  } finally {
    socket.removeAllListeners("close").terminate();
  }
}

function eventsUrl(server: ServerChild): string {
  return viewerUrl(`${server.url}/api/runtimes/${EMBEDDED_RUNTIME_ID}/workers/${WORKER_ID}`);
}

function cursorOf(data: Buffer): string {
  const frame = ClientFrame.parse(JSON.parse(data.toString()));
  if (frame.kind !== "event") throw new Error(`Cannot measure a resume: a frame of the kind ${frame.kind} came`);
  return frame.envelope.cursor;
}
