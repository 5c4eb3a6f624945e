/** A relay that has heard less of its Worker than what it reads for a viewer who comes back: all is shown in order. */
import { expect, test } from "vitest";
import { ProblemError } from "../../protocol/problem.ts";
import { settle } from "../support/manual-clock.ts";
import { closedBy, type FakeSocket, RelayFixture } from "../support/relay-fixture.ts";
import { setUp, words } from "../support/relay-scene.ts";

const broken = () => new ProblemError("runtime_unavailable", "The connection broke.");

/** Of a viewer of another server, begun only now, that has got two more words: the first server's relay is behind it. */
async function cursorOfAnother({ clock, runtime, workerId, publish }: Awaited<ReturnType<typeof setUp>>) {
  await settle();
  const other = await RelayFixture.create({ runtime, workerId, clock });
  const moving = other.attach();
  await settle();
  await publish(...words(2, 4));
  moving.cut();
  return moving.cursor!;
}

test("who comes from another server, which knew more, gets what follows once and in order", async () => {
  const scene = await setUp({ kind: "remote" });
  const { clock, runtime, fixture, join, publish } = scene;
  const staying = await join();
  await publish(...words(4));
  runtime.breakConnections(broken());
  const cursor = await cursorOfAnother(scene);
  const moved = await join({ cursor });
  await publish(...words(2, 6));
  await clock.advance(1_000);
  await publish(...words(2, 8));
  await publish(...words(2, 10));
  expect(moved.events.map(({ payload }) => payload)).toEqual(words(6, 6));
  expect(staying.events.slice(1).map(({ payload }) => payload)).toEqual(words(12));
  // Nor does whoever comes back later find them anywhere else.
  const back = await join({ cursor: moved.events[0]!.cursor });
  expect(back.events.map(({ payload }) => payload)).toEqual(words(5, 7));
  expect(fixture.relayCount).toBe(1);
});

test("who comes back past pieces that were compacted away meanwhile gets what is left once and in order", async () => {
  const { clock, runtime, workerId, fixture, join, publish } = await setUp({
    kind: "remote",
    runtimeLimits: { worker: { retentionDeltasMs: 0 } },
  });
  const first = await join();
  await publish(...words(2));
  first.cut();
  await clock.advance(fixture.limits.relayGraceMs);
  await publish(...words(4, 2));
  // A relay that begins in the middle of the text.
  const staying = await join();
  await publish(...words(2, 6));
  runtime.breakConnections(broken());
  await publish({ event: "text_done", data: { text: "0 1 2 3 4 5 6 7 " } });
  runtime.log(workerId).retain(clock.now());
  const returning = await join({ cursor: first.cursor! });
  await publish({ event: "status", data: { status: "idle" } });
  await clock.advance(1_000);
  await publish(...words(1, 8));
  const positions = ({ events }: FakeSocket) => events.map(({ cursor }) => fixture.positionOf(cursor));
  expect(positions(returning)).toEqual([9, 10, 11]);
  expect(positions(staying)).toEqual([6, 7, 8, 9, 10, 11]);
});

test("who comes back to pieces that are gone before the window has come to them begins anew", async () => {
  const scene = await setUp({ kind: "remote", runtimeLimits: { worker: { retentionDeltasMs: 0 } } });
  const { clock, runtime, workerId, fixture, join, publish } = scene;
  const staying = await join();
  await publish(...words(4));
  runtime.breakConnections(broken());
  const cursor = await cursorOfAnother(scene);
  await publish(...words(2, 6));
  const moved = await join({ cursor });
  await publish({ event: "text_done", data: { text: "0 1 2 3 4 5 6 7 " } });
  runtime.log(workerId).retain(clock.now());
  await clock.advance(1_000);
  await publish({ event: "status", data: { status: "idle" } });
  await publish(...words(1, 8));
  expect(moved).toMatchObject(closedBy("cursor_expired"));
  const positions = staying.events.map(({ cursor }) => fixture.positionOf(cursor));
  expect(positions).toEqual([0, 1, 2, 3, 4, 9, 10, 11]);
});
