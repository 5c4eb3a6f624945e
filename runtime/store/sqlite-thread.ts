/**
 * The program of the SQLite store's thread.
 *
 * Owns what the thread is for: a store from its opening on, a store that the program has opened, or a backup. Started by
 * `sqlite-link.ts` alone.
 */
import { parentPort, workerData } from "node:worker_threads";
import { backUp } from "./sqlite-backup.ts";
import { StoreDesk } from "./sqlite-desk.ts";
import { openDatabase, openFile } from "./sqlite-file.ts";
import type { Handover, Notice, Reply, Request, Task } from "./sqlite-messages.ts";
import { asFailure } from "./sqlite-problem.ts";
import { Signals } from "./sqlite-signals.ts";

function reply(path: string, answer: () => unknown, news: () => Reply["setAside"]): void {
  let outcome: Reply;
  try {
    const value = answer();
    outcome = { failure: null, value, setAside: news() };
  } catch (error) {
    outcome = { failure: asFailure(error, path), value: null, setAside: null };
  }
  parentPort?.postMessage(outcome);
}

function run(task: Task): void {
  if (task.kind === "backup") {
    reply(
      task.to,
      () => backUp(task.from, task.to),
      () => null,
    );
    return;
  }
  const { options } = task;
  const { path } = options;
  const signals = new Signals(task.signals);
  let desk: StoreDesk | null = null;
  const news = () => desk?.news() ?? null;
  const open = () =>
    void (desk = new StoreDesk({ options, signals, file: openFile(options), handed: null, hasLane: true }));
  const takeOver = ({ handed }: Handover) =>
    void (desk = new StoreDesk({ options, signals, file: openDatabase(options), handed, hasLane: true }));
  // One that follows the program is there as soon as it runs.
  reply(path, task.kind === "store" ? open : () => null, news);
  parentPort?.on("message", (request: Request | Handover | Notice) => {
    if (request.kind === "take_over") {
      reply(path, () => takeOver(request), news);
      desk?.afterwards();
      return;
    }
    const present = desk;
    if (!present) return;
    if (request.kind === "appended") {
      present.note(request.note);
      present.afterwards();
      return;
    }
    reply(
      path,
      () => present.answer(request),
      () => (request.kind === "close" ? null : present.news()),
    );
    if (request.kind === "close") desk = null;
    else present.afterwards();
  });
}

// why: `workerData` is what `sqlite.ts` gave.
run(workerData as Task);
