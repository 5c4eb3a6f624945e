/** Cursors that can't be gone on from, observers that speak, and how each stream then ends; the heartbeat. */
import { check, must, type Scene, type Section } from "../check.ts";
import type { Observer } from "../observer.ts";

/** Waits for the diagnostic and the end after it. */
async function endedWith({ tolerate }: Scene, observer: Observer, code: string, closeCode: number): Promise<void> {
  const end = await observer.ended(`the diagnostic ${code} and the end`);
  must(end.kind !== "refused", "an upgrade, and what is wrong on the socket", () => observer.summary());
  must(observer.diagnostic?.code === code, `the diagnostic ${code}`, () => observer.summary());
  must(observer.kinds.at(-1) === "diagnostic", "nothing after the diagnostic", () => observer.summary());
  if (end.kind === "dropped") return tolerate("no_close_frame");
  must(end.code === closeCode, `a Close of ${closeCode}`, () => observer.summary());
}

export const streamEndChecks: Section = {
  name: "ends of a stream",
  checks: [
    check("a malformed cursor is told at once", {}, async (scene) => {
      const { worker_id } = await scene.subject.quietWorker();
      for (const cursor of ["x", "wo_12", "wo_000000000000000g", "bo_0000000000000001", "0"]) {
        const observer = scene.subject.observe(worker_id, { cursor });
        await endedWith(scene, observer, "runtime.cursor_malformed", 4400);
        must(observer.events.length === 0, "no event before it", () => observer.summary());
      }
    }),
    check("an unknown cursor is told", {}, async (scene) => {
      const { worker_id } = await scene.subject.quietWorker();
      const observer = scene.subject.observe(worker_id, { cursor: "wo_fffffffffffffffe" });
      await endedWith(scene, observer, "runtime.cursor_unknown_or_expired", 4410);
      if (observer.names[0] === "snapshot") scene.tolerate("snapshot_before_diagnostic");
      else must(observer.events.length === 0, "no event before it", () => observer.summary());
    }),
    check("an observer that sends anything is let go", {}, async (scene) => {
      const { worker_id } = await scene.subject.quietWorker();
      for (const data of ["{}", "", Uint8Array.of(1, 2, 3)]) {
        const observer = scene.subject.observe(worker_id);
        await observer.opened();
        observer.send(data);
        await endedWith(scene, observer, "runtime.observation_only", 4403);
      }
    }),
    check("a ping is answered", {}, async ({ subject }) => {
      const { worker_id } = await subject.quietWorker();
      const observer = subject.observe(worker_id);
      await observer.opened();
      await observer.ping();
    }),
    check("a heartbeat comes when asked for (ours)", {}, async ({ subject, tolerate }) => {
      const { worker_id } = await subject.quietWorker();
      const observer = subject.observe(worker_id, { heartbeat: "1" });
      await observer.until("a first frame", ({ kinds }) => kinds.length > 0);
      const isBeat = observer.until(
        "a heartbeat",
        ({ kinds }) => kinds.includes("heartbeat"),
        subject.limits.heartbeatWaitMs,
      );
      const came = await isBeat.then(
        () => true,
        () => observer.end !== null,
      );
      if (!came) return tolerate("no_heartbeat");
      must(observer.end === null, "a stream that goes on", () => observer.summary());
    }),
  ],
};
