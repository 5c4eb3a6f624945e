/**
 * What can be done to a log, each beside the array that it should be like.
 *
 * Owns the commands, and what must hold after each.
 */
import * as fc from "fast-check";
import { expect } from "vitest";
import { Event, isSnapshotEvent } from "../../../protocol/event.ts";
import { fold } from "../../../protocol/fold.ts";
import { transcriptOf, type Transcript } from "../../../protocol/transcript.ts";
import { formatCursor } from "../../../runtime/log-cursor.ts";
import { problemCode } from "../../support/problem-code.ts";
import { differenceOf } from "../transcript-difference.ts";
import type { LogModel } from "./log-model.ts";
import { FOREIGN_EPOCH, RETENTION_EVENTS, type LogSystem } from "./log-system.ts";

type LogCommand = fc.AsyncCommand<LogModel, LogSystem>;

/** How many commands have been run: the count is part of what is proven. */
export const tally = { steps: 0 };

const command = (name: string, act: (model: LogModel, system: LogSystem) => Promise<void>): LogCommand => ({
  check: () => true,
  async run(model, system) {
    tally.steps += 1;
    await act(model, system);
    expectSound(model, system);
  },
  toString: () => name,
});

function expectSound(model: LogModel, system: LogSystem): void {
  expect(system.failures).toEqual([]);
  expect(system.worker.log.head).toBe(model.head);
}

// --- appending -------------------------------------------------------------------------------------------------------

const delta = (event: "text_delta" | "thinking_delta" | "text_done" | "thinking_done") =>
  fc.string({ maxLength: 6, unit: "grapheme" }).map((text): Event => ({ event, data: { text } }));

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: delta("text_delta") },
  { weight: 3, arbitrary: delta("thinking_delta") },
  { weight: 3, arbitrary: delta("text_done") },
  { weight: 2, arbitrary: delta("thinking_done") },
  { weight: 1, arbitrary: fc.constant<Event>({ event: "thinking_start" }) },
  { weight: 1, arbitrary: fc.constant<Event>({ event: "user_message", data: { segments: [] } }) },
  { weight: 1, arbitrary: fc.nat(9).map((turn): Event => ({ event: "turn_start", data: { turn } })) },
  { weight: 1, arbitrary: fc.nat(9).map((turn): Event => ({ event: "turn_end", data: { turn, result: "finished" } })) },
  { weight: 1, arbitrary: fc.nat(99).map((input_tokens): Event => ({ event: "usage", data: { input_tokens } })) },
  { weight: 2, arbitrary: fc.constant<Event>({ event: "run_end", data: { result: "finished" } }) },
  { weight: 1, arbitrary: fc.constant<Event>({ event: "status", data: { status: "idle" } }) },
  { weight: 1, arbitrary: fc.constant<Event>({ event: "hologram", data: { depth: 3 } }) },
);

/** Several writers at once, each with some events. */
const append = fc
  .array(fc.array(anyEvent, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 })
  .map((batches) =>
    command(`append ${JSON.stringify(batches)}`, (model, system) => expectAppended(model, system, batches)),
  );

async function expectAppended(
  model: LogModel,
  system: LogSystem,
  batches: readonly (readonly Event[])[],
): Promise<void> {
  let head = model.head;
  const expected = batches.map((events) => (head += events.length));
  const positions = await Promise.all(batches.map((events) => system.worker.log.append(events, system.nowMs)));
  system.hasWritten = true;
  model.publish(batches.flat(), system.nowMs, system.worker.epochs.epoch);
  expect(positions).toEqual(expected);
  expectSame(system.worker.transcript, model.stateAt(model.head));
}

// --- reading ---------------------------------------------------------------------------------------------------------

/** From any position that is or was in the log: at most so many events back that it may be gone. */
const readFrom = fc
  .nat(60)
  .map((back) => command(`read from ${back} before the head`, (model, system) => expectReading(model, system, back)));

async function expectReading(model: LogModel, system: LogSystem, back: number): Promise<void> {
  const from = Math.max(0, model.head - back);
  const code = await problemCode(system.read(model.cursorAt(from))).catch(() => null);
  if (code === null) return expectTail(model, system, from);
  expect(code).toBe("cursor_expired");
  expect(model.head - from, "so few events are surely kept").toBeGreaterThan(RETENTION_EVENTS);
}

async function expectTail(model: LogModel, system: LogSystem, from: number): Promise<void> {
  const { snapshot, events } = await system.read(model.cursorAt(from));
  expect(snapshot).toBeNull();
  let position = from;
  for (const { cursor, ts, payload } of events) {
    const at = model.events.findIndex((event) => formatCursor(event.epoch, event.position) === cursor);
    expect(at, `${cursor} follows ${position}`).toBeGreaterThanOrEqual(position);
    expect({ ts, payload }).toEqual({ ts: model.events[at]?.ts, payload: model.events[at]?.payload });
    for (const { payload: skipped } of model.events.slice(position, at)) expect(skipped).toMatch(PIECE);
    position = at + 1;
  }
  expect(position, "the newest event is there").toBe(model.head);
  const state = events.reduce(
    (before, { payload, ts }) => fold(before, Event.parse(JSON.parse(payload)), ts),
    model.stateAt(from),
  );
  expectSame(state, model.stateAt(model.head));
}

/** All that may be left out of a log. */
const PIECE = /^\{"event":"(?:text|thinking)_delta"/;

const readSnapshot = fc.constant(command("read without a cursor", expectSnapshot));

async function expectSnapshot(model: LogModel, system: LogSystem): Promise<void> {
  const { snapshot, events } = await system.read(null);
  expect(events).toEqual([]);
  expect(snapshot?.cursor).toBe(model.head === 0 ? formatCursor(model.epoch, 0) : model.cursorAt(model.head));
  const event = Event.parse(JSON.parse(snapshot?.payload ?? ""));
  if (!isSnapshotEvent(event)) throw new TypeError("A snapshot is none");
  expectSame(transcriptOf(event.data), model.stateAt(model.head));
}

/** Cursors that name nothing here. */
const readWrong = fc
  .tuple(fc.constantFrom("ahead", "foreign", "unknown", "lost", "malformed"), fc.nat())
  .map(([kind, number]) =>
    command(`read from a cursor that is ${kind}`, async (model, system) => {
      const lost = model.lost[number % Math.max(1, model.lost.length)];
      const cursors = {
        ahead: [formatCursor(model.epoch, model.head + 1 + (number % 9)), "cursor_unknown"],
        foreign: [formatCursor(FOREIGN_EPOCH, number % 9), "cursor_foreign"],
        unknown: [formatCursor("00c0ffee", number % 9), "cursor_unknown"],
        lost: [lost ?? "wo_1", lost === undefined ? "cursor_malformed" : "cursor_unknown"],
        malformed: ["wo_" + "z".repeat(1 + (number % 20)), "cursor_malformed"],
      } as const;
      const [cursor, code] = cursors[kind as keyof typeof cursors];
      await expectProblem(system, cursor, code);
    }),
  );

async function expectProblem(system: LogSystem, cursor: string, code: string): Promise<void> {
  expect(await problemCode(system.read(cursor))).toBe(code);
}

// --- letting go ------------------------------------------------------------------------------------------------------

const retain = fc.constantFrom(0, 1, 900, 1_100, 5_000).map((afterMs) =>
  command(`let go of what is too old after ${afterMs} ms`, async (_model, system) => {
    system.nowMs += afterMs;
    await system.worker.retain();
  }),
);

const reopen = (name: string, leave: (system: LogSystem) => Promise<void>, isClean: boolean) =>
  fc.constant(command(name, (model, system) => expectReopened(model, system, leave, isClean)));

async function expectReopened(
  model: LogModel,
  system: LogSystem,
  leave: (system: LogSystem) => Promise<void>,
  isClean: boolean,
): Promise<void> {
  if (isClean) await adopt(model, system, () => leave(system));
  else await leave(system);
  const hadWritten = system.hasWritten;
  await system.open();
  if (!isClean && model.newEpoch !== "must") model.newEpoch = hadWritten ? "must" : "may";
  const { head } = system.worker.log;
  if (isClean) expect(head).toBe(model.head);
  expect(head).toBeLessThanOrEqual(model.head);
  model.lose(head, system.worker.epochs.epoch);
  expectSame(system.worker.transcript, model.stateAt(head));
  await adopt(model, system, () => system.worker.resume());
  expect(system.worker.transcript.run.state).not.toBe("active");
}

/** Takes over into the model what the Worker publishes by itself: the end of a run that nobody runs. */
async function adopt(model: LogModel, system: LogSystem, act: () => Promise<void>): Promise<void> {
  const published: Event[] = [];
  const wasActive = isActive(model.stateAt(model.head));
  {
    using _listening = system.worker.log.onPublish((events) => published.push(...events.map(({ event }) => event)));
    await act();
  }
  if (published.length > 0) {
    system.hasWritten = true;
    model.publish(published, system.nowMs, system.worker.epochs.epoch);
  }
  const names = published.map(({ event }) => event).filter((name) => !name.endsWith("_done"));
  expect(names.join()).toMatch(wasActive ? /^(run_end,)?status$/ : /^$/);
}

const isActive = ({ run, status }: Transcript): boolean => run.state === "active" || status === "running";

/** Two states are one conversation; who greets in it is the Worker's own matter. */
function expectSame(one: Transcript, other: Transcript): void {
  expect(differenceOf({ ...one, greeting: other.greeting }, other)).toBeNull();
}

const mark = fc.constant(
  command("remember this moment", async (_model, system) => {
    // The first write waits for the disk: a machine can't lose that there was one.
    if (system.hasWritten) system.medium.mark();
  }),
);

/**
 * Every command, as often as it is due.
 *
 * @param ordinary How often what leaves the store open comes for each time that something closes it.
 */
export const logCommands = (maxCommands: number, ordinary: number) =>
  fc.commands(
    [
      ...Array.from({ length: ordinary }, () => [
        append,
        append,
        append,
        append,
        readFrom,
        readFrom,
        readSnapshot,
        readWrong,
        retain,
      ]).flat(),
      mark,
      reopen("end in order", (system) => system.close(), true),
      reopen("be killed", (system) => system.medium.crash(), false),
      reopen("go down with the machine", (system) => system.medium.tear(), false),
    ],
    { maxCommands, size: "max" },
  );
