/** Observation: snapshots, cursors, resuming. A part of the Runtime's contract. */
import { describe, expect, test } from "vitest";
import type { RuntimeCursor } from "../../protocol/cursor.ts";
import { Event, isSnapshotEvent } from "../../protocol/event.ts";
import { snapshotEvent, transcriptOf, type Transcript } from "../../protocol/transcript.ts";
import { foldReceived, Follower, readLog } from "../support/follow.ts";
import { problemCode } from "../support/problem-code.ts";
import type { CreateSubject, RuntimeCapabilitiesUnderTest, RuntimeSubject } from "../support/runtime-subject.ts";
import { canonicalJson } from "../support/same-json.ts";
import { hang, stop, text, thinking, usage } from "../support/scripted-model.ts";

// why: tests send what a peer might, also what no Runtime has issued.
const asCursor = (cursor: string) => cursor as RuntimeCursor;
const ZERO = asCursor("wo_0000000000000000");
const SCRIPT = [thinking("hm"), text("Hello "), text("there."), usage(3, 4), stop];

async function say(subject: RuntimeSubject, content = "hi"): Promise<void> {
  await subject.runtime.sendInput(subject.workerId, { content });
  await subject.settle();
}

/** Follows from a cursor and gives what had come when nothing more did. */
async function follow(subject: RuntimeSubject, cursor?: RuntimeCursor): Promise<Follower> {
  const follower = new Follower(subject.runtime, subject.workerId, cursor);
  await subject.settle();
  return follower;
}

const stateJson = (transcript: Transcript): string => canonicalJson(snapshotEvent(transcript));

/** `Runtime.observe`. */
export function observeSuite(createSubject: CreateSubject, { inProcess }: RuntimeCapabilitiesUnderTest): void {
  describe("observe()", () => {
    test("without a cursor gives a snapshot, then what follows it", async () => {
      await using subject = await createSubject({ scripts: [SCRIPT] });
      await using follower = await follow(subject);
      expect(follower.received).toHaveLength(1);
      const first = Event.parse(JSON.parse(follower.received[0]!.payload));
      if (!isSnapshotEvent(first)) throw new TypeError(`It began with ${first.event}`);
      expect(first.data).toMatchObject({
        entries: [],
        greeting: { worker_name: "Companion", provider: "openai_chat", model: "scripted", tools: [] },
        status: "idle",
        in_flight: { blocks: [] },
        entries_total: 0,
        run: { state: "none" },
      });
      await say(subject);
      expect(follower.received[1]).toMatchObject({ kind: "event", payload: expect.stringContaining("invoke_start") });
      expect(follower.received.map(({ cursor }) => cursor.slice(-2))).toEqual(
        follower.received.map((_, index) => index.toString(16).padStart(2, "0")),
      );
      expect(stateJson(follower.transcript)).toBe(stateJson((await follow(subject)).transcript));
    });

    test("in the middle of a sentence shows it from its start, and then its rest", async () => {
      await using subject = await createSubject({ scripts: [[thinking("hm"), text("Hello "), text("the"), hang]] });
      await say(subject);
      await using follower = await follow(subject);
      expect(follower.transcript).toMatchObject({
        status: "running",
        run: { state: "active" },
        in_flight: { blocks: [{ kind: "text", text: "Hello the" }] },
      });
      await subject.runtime.cancelRun(subject.workerId);
      await subject.settle();
      expect(follower.transcript).toMatchObject({ status: "idle", in_flight: { blocks: [] } });
      await using witness = await follow(subject, ZERO);
      expect(stateJson(transcriptOf(snapshotEvent(follower.transcript).data))).toBe(
        stateJson({ ...witness.transcript, greeting: follower.transcript.greeting }),
      );
    });

    test("from any position gives exactly what follows it, once, in order", async () => {
      await using subject = await createSubject({ scripts: [SCRIPT, SCRIPT] });
      await using witness = await follow(subject);
      await say(subject);
      await say(subject);
      const log = witness.received;
      expect(log.length).toBeGreaterThan(20);
      for (const [index, { cursor }] of log.entries()) {
        await using follower = await follow(subject, cursor);
        expect(follower.received).toEqual(log.slice(index + 1));
      }
    });

    test("from any position during the run meets the live events without a seam", async () => {
      const script = [...SCRIPT.slice(0, -1), hang];
      await using subject = await createSubject({ scripts: [script], limits: { runtime: { maxEventBatch: 3 } } });
      await using witness = await follow(subject);
      await say(subject);
      const seen = [...witness.received];
      const followers = await Promise.all(seen.map(({ cursor }) => follow(subject, cursor)));
      await subject.runtime.cancelRun(subject.workerId);
      await say(subject, "again");
      for (const [index, follower] of followers.entries()) {
        expect(follower.received).toEqual(witness.received.slice(index + 1));
        await follower.stop();
      }
    });

    test("from the zero cursor gives everything that is still kept", async () => {
      await using subject = await createSubject();
      await using witness = await follow(subject);
      await say(subject);
      expect(await readLog(subject)).toEqual(witness.received.slice(1));
      await using follower = await follow(subject, ZERO);
      await say(subject);
      expect(follower.received).toEqual(witness.received.slice(1));
    });

    test.runIf(inProcess)("hands on at most a batch at a time", async () => {
      await using subject = await createSubject({ limits: { runtime: { maxEventBatch: 4 } } });
      await say(subject);
      const sizes: number[] = [];
      const ending = new AbortController();
      for await (const step of subject.runtime.observe(subject.workerId, { cursor: ZERO, signal: ending.signal })) {
        if (step.kind === "events") sizes.push(step.events.length);
        if (step.kind === "events" && step.events.length < 4) ending.abort();
      }
      expect(sizes).toEqual([4, 4, 4, 1]);
    });

    test("ends without an error when its signal aborts, at once also where nothing happens", async () => {
      await using subject = await createSubject();
      const follower = await follow(subject);
      await follower.stop();
      await say(subject);
      expect(follower.received).toHaveLength(1);
      const aborted = AbortSignal.abort();
      const steps = subject.runtime.observe(subject.workerId, { signal: aborted })[Symbol.asyncIterator]();
      expect(await steps.next()).toEqual({ done: true, value: undefined });
    });
  });

  describe("observe() from a cursor that it can't go on from", () => {
    const start = async (subject: RuntimeSubject, cursor: string, workerId = subject.workerId) => {
      const signal = AbortSignal.timeout(10_000);
      const observation = subject.runtime.observe(workerId, { cursor: asCursor(cursor), signal });
      return problemCode(observation[Symbol.asyncIterator]().next());
    };
    const newest = async (subject: RuntimeSubject, workerId = subject.workerId) => {
      await using follower = new Follower(subject.runtime, workerId);
      await subject.settle();
      return follower.received.at(-1)!.cursor;
    };

    test.each(["", "x", "wo_", "wo_12", "wo_000000000000000g", "wo_00000000000000000", "bo_0000000000000001", " "])(
      "says that %j is malformed",
      async (cursor) => {
        await using subject = await createSubject();
        expect(await start(subject, cursor)).toBe("cursor_malformed");
      },
    );

    test("says that one of another epoch is unknown", async () => {
      await using subject = await createSubject();
      await say(subject);
      const cursor = await newest(subject);
      const other = `wo_${cursor.startsWith("wo_deadbeef") ? "beefdead" : "deadbeef"}${cursor.slice(-8)}`;
      expect(await start(subject, other)).toBe("cursor_unknown");
    });

    test("says that one ahead of the log is unknown", async () => {
      await using subject = await createSubject();
      await say(subject);
      const cursor = await newest(subject);
      const next = (Number.parseInt(cursor.slice(-8), 16) + 1).toString(16).padStart(8, "0");
      expect(await start(subject, cursor.slice(0, -8) + next)).toBe("cursor_unknown");
      expect(await start(subject, `${cursor.slice(0, -8)}ffffffff`)).toBe("cursor_unknown");
    });

    test("says that another Worker's is foreign", async () => {
      await using subject = await createSubject();
      const other = await subject.runtime.createWorker({ profile: { kind: "runtime_default" } });
      const cursor = await newest(subject);
      expect(await start(subject, cursor, other.worker_id)).toBe("cursor_foreign");
      expect(await start(subject, await newest(subject, other.worker_id))).toBe("cursor_foreign");
    });

    test("says that one is expired once its successor has been let go, also when everything has", async () => {
      await using subject = await createSubject({ limits: { worker: { retentionEvents: 5 } } });
      const first = await newest(subject);
      await say(subject);
      await using witness = await follow(subject);
      await say(subject);
      const log = witness.received;
      const expired = log.filter((_, index) => index < log.length - 6);
      expect(expired.length).toBeGreaterThan(5);
      expect(await start(subject, first)).toBe("cursor_expired");
      for (const { cursor } of expired) expect(await start(subject, cursor)).toBe("cursor_expired");
      for (const [index, { cursor }] of log.entries()) {
        if (index < expired.length) continue;
        await using follower = await follow(subject, cursor);
        expect(follower.received).toEqual(log.slice(index + 1));
      }
      await using rest = await follow(subject, ZERO);
      expect(rest.received).toEqual(log.slice(-5));
    });
  });

  describe("an observer that falls behind what is kept", () => {
    test.runIf(inProcess)("gets a snapshot, and its state is the Worker's", async () => {
      const words = Array.from({ length: 40 }, (_, index) => text(`${index} `));
      await using subject = await createSubject({
        scripts: [[...words, stop]],
        limits: { worker: { retentionEvents: 6 }, runtime: { maxEventBatch: 4 } },
      });
      const { runtime, workerId } = subject;
      const ending = new AbortController();
      const steps = runtime.observe(workerId, { signal: ending.signal })[Symbol.asyncIterator]();
      const received = [(await steps.next()).value];
      await say(subject);
      await using witness = await follow(subject);
      const last = witness.received.at(-1)!.cursor;
      for (;;) {
        const { value } = await steps.next();
        received.push(value);
        if (value === undefined) throw new TypeError("It ended");
        if ((value.kind === "snapshot" ? value.event.cursor : value.events.at(-1)?.cursor) === last) break;
      }
      ending.abort();
      expect(received.map((step) => step?.kind)).toEqual(["snapshot", "snapshot"]);
      const observed = received.flatMap((step) =>
        step === undefined ? [] : step.kind === "snapshot" ? [step.event] : [...step.events],
      );
      expect(stateJson(foldReceived(observed))).toBe(stateJson(witness.transcript));
    });

    test("does not hold up the Worker or the others", async () => {
      await using subject = await createSubject({ scripts: [SCRIPT], limits: { worker: { retentionEvents: 6 } } });
      const { runtime, workerId } = subject;
      const stalled = runtime.observe(workerId, { signal: AbortSignal.timeout(10_000) })[Symbol.asyncIterator]();
      await stalled.next();
      await using witness = await follow(subject);
      await say(subject);
      expect(witness.names.at(-1)).toBe("status");
      expect(witness.transcript.run).toMatchObject({ state: "ended", result: "finished" });
    });
  });

  describe("a snapshot", () => {
    test("holds the newest entries only, and says how many there are", async () => {
      await using subject = await createSubject({ limits: { worker: { snapshotEntries: 3 } } });
      for (const content of ["one", "two"]) await say(subject, content);
      await using follower = await follow(subject);
      const { transcript } = follower;
      const { entries, entries_total } = await subject.runtime.entries(subject.workerId, { limit: 100 });
      expect(transcript.entries).toEqual(entries.slice(-3));
      expect(transcript.entries_start).toBe(entries_total - 3);
    });
  });
}
