/**
 * A scene: one Worker on a stage, its viewers, and what is said.
 *
 * Owns the sending of messages as people send them (again, until they are taken), the end of a scene, when everything
 * has calmed down, and the history that it leaves to the judge.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { DraftStorage } from "../../../islands/store/drafts.ts";
import { isKnownEntry, type LogEntry } from "../../../protocol/entry.ts";
import type { WorkerRef } from "../../../protocol/id.ts";
import { isCaughtUp, Observer } from "../../support/observer.ts";
import { isSameJson } from "../../support/same-json.ts";
import { RUNTIME_PATH, WorkspaceClient } from "../../support/workspace-client.ts";
import type { History, LoggedEvent, Send, SendAnswer } from "../checker.ts";
import type { Chance } from "./chance.ts";
import { askFor, type Ask } from "./provider.ts";
import { REMOTE_ID, type Role, type Stage } from "./stage.ts";
import { Viewer } from "./viewer.ts";

/** Where a Worker lives. */
export type Place = "embedded" | "remote";

/** Everything that a log keeps comes behind it. */
const OLDEST = "wo_0000000000000000";
const INNER_CURSOR = /wo_([0-9a-f]{8})([0-9a-f]{8})$/;
const CALM_DEADLINE_MS = 20_000;
const BETWEEN_TRIES_MS = 10;

export class Scene implements AsyncDisposable {
  readonly stage: Stage;
  readonly place: Place;
  readonly ref: WorkerRef;
  readonly chance: Chance;
  readonly viewers: Viewer[] = [];
  readonly asks: Ask[] = [];
  /** When what a Worker needs was there again, in epoch milliseconds: its process, or room on the disk. */
  readonly recoveredTs: number[] = [];
  readonly #sends = new Map<string, { readonly text: string; readonly answers: SendAnswer[] }>();
  #named = 0;
  /** What is wrong with every link at present. */
  readonly #afflictions = new Set<string>();
  #turn: Promise<void> = Promise.resolve();

  private constructor(stage: Stage, place: Place, ref: WorkerRef, chance: Chance) {
    this.stage = stage;
    this.place = place;
    this.ref = ref;
    this.chance = chance;
  }

  static async open(stage: Stage, place: Place, chance: Chance, viewers: number): Promise<Scene> {
    const path = place === "embedded" ? RUNTIME_PATH : `/api/runtimes/${REMOTE_ID}`;
    await stage.calm();
    const scene = new Scene(stage, place, await new WorkspaceClient(stage.backendUrl).createWorker(path), chance);
    try {
      await Promise.all(Array.from({ length: viewers }, () => scene.join()));
    } catch (error) {
      await scene[Symbol.asyncDispose]();
      throw error;
    }
    return scene;
  }

  /** Which process keeps the Worker. */
  get keeper(): Role {
    return this.place === "embedded" ? "backend" : "runtime";
  }

  /** Another viewer opens the page; in another tab of the same browser where that one's storage is given. */
  async join(storage: DraftStorage = createStorage()): Promise<Viewer> {
    this.#named += 1;
    const name = `viewer ${this.#named}`;
    const deadline = performance.now() + CALM_DEADLINE_MS;
    for (;;) {
      try {
        const viewer = await Viewer.open({
          name,
          ref: this.ref,
          storage,
          port: () => this.stage.backendPort,
          random: () => this.chance.next(),
          upSinceMs: () => this.stage.upSinceMs(["backend", this.keeper]),
          affliction: () => [...this.#afflictions].at(-1) ?? null,
          onAnswer: (id, text, answer) => this.#noteAnswer(id, text, answer),
        });
        this.viewers.push(viewer);
        return viewer;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await pause(BETWEEN_TRIES_MS);
      }
    }
  }

  async leave(viewer: Viewer): Promise<void> {
    this.viewers.splice(this.viewers.indexOf(viewer), 1);
    await viewer[Symbol.asyncDispose]();
  }

  #noteAnswer(id: string, text: string, answer: SendAnswer): void {
    const send = this.#sends.get(id) ?? { text, answers: [] };
    this.#sends.set(id, send);
    send.answers.push(answer);
  }

  /** Has a viewer send a message, again and again until it is taken, as people do. */
  async say(viewer: Viewer, ask: Ask): Promise<void> {
    this.asks.push(ask);
    viewer.composer.edit(askFor(ask));
    await this.insist(viewer);
  }

  /** Presses the button until the draft is gone. */
  async insist(viewer: Viewer): Promise<void> {
    const { composer } = viewer;
    const deadline = performance.now() + CALM_DEADLINE_MS;
    while (composer.text.peek() !== "") {
      await composer.submit();
      if (composer.text.peek() === "") return;
      if (performance.now() > deadline) {
        throw new Error(`A message of ${viewer.name} is not taken: ${JSON.stringify(composer.send.peek())}`);
      }
      viewer.look();
      await pause(BETWEEN_TRIES_MS);
    }
  }

  /** Waits until the run of a message has ended, as a viewer sees it. */
  async ended(ask: Ask, viewer: Viewer): Promise<void> {
    const text = askFor(ask);
    await viewer.until(`the end of the run of ${ask.id}`, () => hasEnded(viewer.transcript.entries, text));
  }

  /** Writes down, with every viewer, that something is done now. */
  note(what: string): void {
    for (const viewer of this.viewers) viewer.note(what);
  }

  /** Writes down that what was away is there again. */
  noteRecovery(what: string): void {
    this.recoveredTs.push(Date.now());
    this.note(what);
  }

  /** One at a time: what is done to a process needs one that runs. */
  exclusively(act: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(act);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Ends processes as a power cut does, and starts them again. */
  restart(roles: readonly Role[], chance: Chance, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    return this.exclusively(() => this.#restart(roles, chance, signal));
  }

  async #restart(roles: readonly Role[], chance: Chance, signal: NodeJS.Signals): Promise<void> {
    await this.afflicting(`${signal} of ${roles.join(" and ")}`, async () => {
      await Promise.all(roles.map((role) => this.stage.kill(role, signal)));
      await pause(chance.int(0, 30));
      await Promise.all(
        roles.map(async (role) => {
          await this.stage.start(role);
          this.noteRecovery(`${role} is up`);
        }),
      );
    });
  }

  /** Does something to every link, also to those that are made while it goes on: each of them may fail of it. */
  async afflicting(what: string, work: () => Promise<void>): Promise<void> {
    this.#afflictions.add(what);
    this.note(what);
    try {
      await work();
    } finally {
      this.#afflictions.delete(what);
    }
  }

  /** Waits until everybody is calm, and gives what has happened. */
  async settle(): Promise<History> {
    const witness = await this.join();
    const { viewers } = this;
    const truth = () => witness.transcript;
    const deadlineMs = performance.now() + CALM_DEADLINE_MS;
    do {
      await Promise.all(viewers.map((viewer) => viewer.until("a calm link", () => isCalm(viewer)).catch(() => {})));
      await Promise.all(
        viewers.map((viewer) =>
          viewer
            .until(
              "the same picture",
              () => isSameJson(viewer.transcript.entries, truth().entries.slice(-viewer.transcript.entries.length)),
              { deadlineMs: 2_000 },
            )
            .catch(() => {}),
        ),
      );
      // A cut at a byte to come may hit one that was calm, while others became so.
    } while (!viewers.every(isCalm) && performance.now() < deadlineMs);
    const histories = this.viewers.map((viewer) => viewer.history());
    const sends = [...this.#sends].map(([submissionId, { text, answers }]): Send => ({ submissionId, text, answers }));
    return {
      log: await this.#log(),
      truth: truth(),
      sends,
      viewers: histories,
      mayCompact: true,
      hasUniqueTexts: true,
      counters: {},
    };
  }

  /** All that the Worker has published, as far as it is kept or was seen; null where the beginning is gone. */
  async #log(): Promise<readonly LoggedEvent[] | null> {
    const events = new Map<string, LoggedEvent>();
    const cursor = (await this.#anyCursor()).replace(INNER_CURSOR, OLDEST);
    await using observer = new Observer(this.stage.backendUrl, this.ref, { cursor, heartbeat: true });
    const isEnd = ({ frames }: Observer) => frames.some((frame) => frame.kind === "diagnostic" || isCaughtUp(frame));
    await observer.until("the end of the log", isEnd);
    if (observer.diagnostic !== undefined) return null;
    for (const frame of observer.frames) {
      if (frame.kind !== "event") continue;
      const inner = INNER_CURSOR.exec(frame.envelope.cursor)?.[0];
      if (inner === undefined) return null;
      const payload = JSON.stringify(frame.envelope.payload);
      events.set(inner, { cursor: inner, ts: frame.envelope.ts ?? 0, payload, isLost: false });
    }
    const log = [...events.values()];
    const isWhole = log.every(
      ({ cursor: at }, index) => Number.parseInt(INNER_CURSOR.exec(at)?.[2] ?? "", 16) === index + 1,
    );
    return isWhole ? log : null;
  }

  /** All that the Worker has published. @throws Error where the beginning is gone */
  async wholeLog(): Promise<readonly LoggedEvent[]> {
    const log = await this.#log();
    if (log === null) throw new Error("Cannot read a log whose beginning is gone");
    return log;
  }

  async #anyCursor(): Promise<string> {
    await using observer = new Observer(this.stage.backendUrl, this.ref);
    return (await observer.snapshot()).cursor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.viewers.splice(0).map((viewer) => viewer[Symbol.asyncDispose]()));
  }
}

/** Whether its link brings everything, and the Worker's run is over to its last event. */
function isCalm({ link, transcript }: Viewer): boolean {
  return link === "live" && transcript.run.state !== "active" && transcript.status !== "running";
}

/** Whether the message is there, and an end after it. */
function hasEnded(entries: readonly LogEntry[], text: string): boolean {
  const at = entries.findIndex(
    (entry) =>
      isKnownEntry(entry) &&
      entry.kind === "user_input" &&
      entry.segments.some((segment) => segment.kind === "text" && segment.content === text),
  );
  return (
    at !== -1 && entries.slice(at).some((entry) => isKnownEntry(entry) && /^run_(completed|errored)$/.test(entry.kind))
  );
}

/** A browser's storage. */
export function createStorage(): DraftStorage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}
