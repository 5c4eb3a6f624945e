/** Resuming: from every position of a run exactly what was missed, and nothing else. */
import { check, must, type Scene, type Section } from "../check.ts";
import { expectOk } from "../http.ts";
import type { SeenEvent } from "../observer.ts";
import { endsOf, mustBeSame, ZERO_CURSOR } from "../recording.ts";
import { Body } from "../shapes.ts";

/** What comes after a cursor: events without a snapshot, until as many as are missing have come. */
async function resumed(
  { subject, tolerate }: Scene,
  workerId: string,
  cursor: string,
  missing: number,
): Promise<readonly SeenEvent[]> {
  const observer = subject.observe(workerId, { cursor });
  await observer.opened();
  const isSnapshot = ({ event }: SeenEvent) => event.event === "snapshot";
  const events = () => observer.events.filter((seen) => !isSnapshot(seen));
  await observer.until(`${missing} events after ${cursor}`, () => events().length >= missing);
  await observer.fence();
  const last = observer.events.findLastIndex(isSnapshot);
  must(last <= 0, "no snapshot in the middle of a stream", () => observer.summary());
  if (last === 0) tolerate("snapshot_on_resume");
  observer.discard();
  return events();
}

/** Everything that a Worker's run has published, as it is kept. */
async function kept(scene: Scene): Promise<{ readonly workerId: string; readonly events: readonly SeenEvent[] }> {
  const { workerId, live } = await scene.subject.recording();
  const events = await scene.subject.once("the events from the zero cursor", () => {
    return resumed(scene, workerId, ZERO_CURSOR, 1).then(async (some) => {
      // A slow Runtime may still be writing: the newest event that was seen live is the last one.
      return some.at(-1)?.cursor === live.at(-1)?.cursor ? some : resumed(scene, workerId, ZERO_CURSOR, live.length);
    });
  });
  return { workerId, events };
}

/** Positions spread evenly, the first and the last among them. */
function positions(count: number, most: number): readonly number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  const step = (count - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => Math.round(index * step));
}

export const resumeChecks: Section = {
  name: "resume",
  checks: [
    check("the zero cursor gives all that is kept, as it was live", { answers: 1 }, async (scene) => {
      const { live } = await scene.subject.recording();
      const { events } = await kept(scene);
      const from = events.findIndex(({ cursor }) => cursor === live[0]?.cursor);
      mustBeSame(events.slice(Math.max(0, from)), live, "what was live");
    }),
    check("every position of a run is resumed from", { answers: 1 }, async (scene) => {
      const { workerId, events } = await kept(scene);
      const { maxResumePositions, resumesAtATime } = scene.subject.limits;
      const wanted = positions(events.length, maxResumePositions);
      for (let from = 0; from < wanted.length; from += resumesAtATime) {
        const some = wanted.slice(from, from + resumesAtATime).map(async (index) => {
          const rest = events.slice(index + 1);
          const cursor = events[index]?.cursor ?? "";
          mustBeSame(await resumed(scene, workerId, cursor, rest.length), rest, `after position ${index + 1}`);
        });
        await Promise.all(some);
      }
    }),
    check("an observer that is cut in a run goes on with it", { answers: 1 }, async (scene) => {
      const { subject, tolerate } = scene;
      const { worker_id } = await subject.createWorker();
      const before = subject.observe(worker_id);
      await before.until("a first frame", ({ kinds }) => kinds.length > 0);
      expectOk(await subject.send(worker_id, subject.message), Body.input);
      await before.until("an event", ({ events }) => events.some(({ event }) => event.event !== "snapshot"));
      const seen = before.events.filter(({ event }) => event.event !== "snapshot");
      before.discard();
      const after = subject.observe(worker_id, { cursor: seen.at(-1)?.cursor ?? "" });
      await after.opened();
      // A fast Worker may have come to its end before the cut.
      const isOver = () => endsOf([...seen, ...after.events]) > 0;
      await after.until("the end of the run", isOver, subject.limits.answerTimeoutMs);
      await after.fence();
      if (after.events[0]?.event.event === "snapshot") tolerate("snapshot_on_resume");
      const rest = after.events.filter(({ event }) => event.event !== "snapshot");
      const both = [...seen, ...rest];
      const whole = await resumed(scene, worker_id, ZERO_CURSOR, both.length);
      const from = whole.findIndex(({ cursor }) => cursor === both[0]?.cursor);
      mustBeSame(both, whole.slice(Math.max(0, from)), "the whole run in two parts");
    }),
  ],
};
