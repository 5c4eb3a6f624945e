/**
 * A viewer: the console without a screen, over a real WebSocket.
 *
 * Owns one page's stores, made from what the server rendered, as a browser makes them; the network between it and the
 * server; and the account of every frame that reached it. What a tab does when a person looks at it again is `look`.
 */
import ReconnectingWebSocket from "partysocket/ws";
import { parseConsoleData, CONSOLE_DATA_ID, type ConsoleData } from "../../../islands/console-data.ts";
import { createConsole, type Console } from "../../../islands/console.ts";
import type { Environment } from "../../../islands/environment.ts";
import { en } from "../../../islands/messages-en.ts";
import { systemClock } from "../../../islands/store/clock.ts";
import type { DraftStorage } from "../../../islands/store/drafts.ts";
import { immediateScheduler } from "../../../islands/store/frame-scheduler.ts";
import { WorkerInputRequest, WorkerInputResult } from "../../../protocol/backend-api.ts";
import type { SubmissionId, WorkerRef } from "../../../protocol/id.ts";
import { ProblemBody } from "../../../protocol/problem.ts";
import { TcpProxy, type ProxyMode } from "../../support/tcp-proxy.ts";
import { within } from "../../support/within.ts";
import type { SendAnswer, ViewerHistory, ViewerRecord } from "../checker.ts";

/** What is asked to wait until something holds. */
const LOOK_AGAIN_MS = 5;

/** How to come. */
export interface ViewerOptions {
  readonly name: string;
  readonly ref: WorkerRef;
  /** The server's port, asked for each connection. */
  readonly port: () => number;
  /** Two tabs of one browser have one. */
  readonly storage: DraftStorage;
  readonly random: () => number;
  /** Told of every answer to a message, whether or not it got through. */
  readonly onAnswer: (submissionId: SubmissionId, text: string, answer: SendAnswer) => void;
  /** What is wrong with every link at present, behind the viewer's own network; null: nothing. */
  readonly affliction: () => string | null;
  /** Since when the server has been up, on the monotonic clock; null while it is not. */
  readonly upSinceMs: () => number | null;
}

export class Viewer implements AsyncDisposable {
  readonly name: string;
  readonly proxy: TcpProxy;
  readonly records: ViewerRecord[] = [];
  /** How long each attempt that succeeded took until it was live, in milliseconds. */
  readonly liveAfterMs: number[] = [];
  /** What is done to every link that it makes; null: nothing. */
  #affliction: string | null = null;
  /** Told of each frame as it comes. */
  onFrame: (text: string) => void = () => {};
  /** How many connections it has made, where it came by `connect`. */
  connections = 0;
  /** Whether it has reason to doubt its link, as a tab has that was asleep. */
  isDoubtful = false;
  /** Whether what it missed may be more than is kept. */
  mayFallBehind = false;
  readonly #console: Console;
  readonly #upSinceMs: () => number | null;
  #socket: WebSocket | null = null;
  #attemptedAtMs = performance.now();
  readonly #stopWatching: () => void;

  private constructor(options: ViewerOptions, proxy: TcpProxy, data: ConsoleData) {
    this.name = options.name;
    this.proxy = proxy;
    this.#upSinceMs = options.upSinceMs;
    const record = (one: ViewerRecord) => void this.records.push(one);
    const attempt = (socket: WebSocket) => {
      this.#attemptedAtMs = performance.now();
      this.#socket = socket;
    };
    const heard = (text: string) => this.onFrame(text);
    const opened = () => {
      this.isDoubtful = false;
      const afflictions = [this.#affliction, options.affliction()];
      for (const affliction of afflictions) if (affliction !== null) this.note(affliction);
    };
    // Of the newest socket only: what an older one still brings reaches no console.
    const isNewest = (socket: WebSocket) => this.#socket === socket;
    class RecordedWebSocket extends WebSocket {
      constructor(url: string) {
        super(url);
        attempt(this);
        const cursor = new URL(url).searchParams.get("cursor");
        const on = (name: "open" | "message" | "close", make: (event: Event) => ViewerRecord) =>
          this.addEventListener(name, (event) => isNewest(this) && record(make(event)));
        on("open", () => ({ kind: "opened", cursor, isRetained: null }));
        this.addEventListener("open", opened);
        on("message", (event) => {
          // why: it is the event of that name, and frames here are text.
          const text = String((event as MessageEvent).data);
          heard(text);
          return { kind: "frame", text };
        });
        // why: as above.
        on("close", (event) => ({ kind: "ended", code: (event as CloseEvent).code }));
      }
    }
    const environment: Environment = {
      clock: systemClock(),
      random: options.random,
      scheduler: immediateScheduler,
      fetch: (input, init) => this.#fetch(options, input, init),
      WebSocket: RecordedWebSocket,
      pageUrl: `${proxy.url}/`,
      storage: () => options.storage,
      isOnline: () => true,
      isVisible: () => true,
    };
    this.#console = createConsole(data, environment, en);
    const stopTiming = this.#console.connection.state.subscribe(({ kind }) => {
      if (kind === "live") this.#noteLive();
    });
    this.#stopWatching = () => {
      stopTiming();
      stopCounting();
    };
    let silences = 0;
    const stopCounting = this.#console.connection.counters.subscribe(({ silent }) => {
      if (silent > silences) this.note("it gave up a silent link");
      silences = silent;
    });
    this.#console.composer.restore("");
    this.#console.connection.start(ReconnectingWebSocket);
  }

  /** Opens the page of a Worker. */
  static async open(options: ViewerOptions): Promise<Viewer> {
    const proxy = await TcpProxy.start(options.port);
    try {
      return new Viewer(options, proxy, await loadPage(proxy.url, options.ref));
    } catch (error) {
      await proxy[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A page that is open already and makes its links, with `mode` for the connection of that number, from 0. */
  static async connect(options: ViewerOptions, data: ConsoleData, mode: ProxyMode, number = 0): Promise<Viewer> {
    const proxy = await TcpProxy.start(options.port);
    const holder: { viewer?: Viewer } = {};
    let connections = 0;
    proxy.accept(() => {
      const isChosen = connections === number;
      connections += 1;
      if (holder.viewer) holder.viewer.#noteConnection(connections, isChosen);
      return isChosen ? mode : { kind: "pass" };
    });
    holder.viewer = new Viewer(options, proxy, data);
    return holder.viewer;
  }

  #noteConnection(count: number, isAfflicted: boolean): void {
    this.connections = count;
    this.#affliction = isAfflicted ? "cut" : null;
    if (isAfflicted) this.note("cut");
  }

  /** Asks the server, and writes down what became of a message. */
  async #fetch({ onAnswer }: ViewerOptions, input: string, init: RequestInit): Promise<Response> {
    if (typeof init.body !== "string" || !input.endsWith("/input")) return fetch(new URL(input, this.proxy.url), init);
    const { content, submission_id } = WorkerInputRequest.parse(JSON.parse(init.body));
    if (submission_id === undefined) throw new TypeError("Cannot follow a message without an id");
    const tell = (answer: SendAnswer) => onAnswer(submission_id, content, answer);
    try {
      const response = await fetch(new URL(input, this.proxy.url), init);
      const text = await response.clone().text();
      tell(answerOf(response.ok, text));
      return response;
    } catch (error) {
      tell({ kind: "unknown" });
      throw error;
    }
  }

  #noteLive(): void {
    const upSinceMs = this.#upSinceMs();
    if (upSinceMs === null || Number.isNaN(this.#attemptedAtMs)) return;
    this.liveAfterMs.push(performance.now() - Math.max(upSinceMs, this.#attemptedAtMs));
    // Only the first time after an attempt: a Runtime that comes back does so without one.
    this.#attemptedAtMs = Number.NaN;
  }

  get #link() {
    return this.#console.connection.state.peek();
  }

  get link(): string {
    return this.#link.kind;
  }

  get transcript() {
    return this.#console.conversation.transcript.peek();
  }

  get composer(): Console["composer"] {
    return this.#console.composer;
  }

  /** Writes down that something is done to it now. */
  note(what: string): void {
    this.records.push({ kind: "fault", what });
  }

  /** Does something to every connection that it makes from now on, until it is healed. */
  afflict(what: string, mode: ProxyMode | (() => ProxyMode)): void {
    this.note(what);
    this.#affliction = what;
    this.proxy.accept(mode);
  }

  /** Ends that, for the connections that are there as well. */
  heal(): void {
    this.note("healed");
    this.#affliction = null;
    this.proxy.resume();
  }

  /** What a person does who waits: looks at the page, and presses what it offers. It skips the wait between attempts. */
  look(): void {
    const { connection } = this.#console;
    if (this.#link.kind === "reconnecting" && this.#link.nextAttemptAt !== undefined) connection.reconnectNow();
    else if (this.isDoubtful) connection.checkLiveness();
  }

  /** Waits until something holds of what it shows. @param isImpatient Whether the wait between attempts is skipped. */
  async until(what: string, condition: () => boolean, { isImpatient = true, deadlineMs = 20_000 } = {}): Promise<void> {
    const found = Promise.withResolvers<void>();
    const timer = setInterval(() => {
      if (condition()) found.resolve();
      else if (isImpatient) this.look();
    }, LOOK_AGAIN_MS);
    try {
      if (condition()) return;
      await within(found.promise, () => `${what}; ${this.name} is ${JSON.stringify(this.#link)}`, deadlineMs);
    } finally {
      clearInterval(timer);
    }
  }

  /** Forgets what came since there were so many records: a long stream that nobody judges. */
  forget(from: number): void {
    this.records.length = from;
  }

  /** What it has been through. */
  history(): ViewerHistory {
    const { conversation, connection } = this.#console;
    const { snapshots: _snapshots, received: _received, ...oddities } = conversation.counters.peek();
    const { opened: _opened, silent: _silent, freshSnapshots: _fresh, ...failures } = connection.counters.peek();
    return {
      name: this.name,
      records: this.records,
      transcript: this.transcript,
      link: this.link,
      counters: { ...oddities, ...failures },
      mayFallBehind: this.mayFallBehind,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopWatching();
    this.#console.composer.save();
    this.#console.connection.stop();
    await this.proxy[Symbol.asyncDispose]();
  }
}

/** A page's data, as the server has rendered it. */
export async function loadPage(url: string, { runtime_id, worker_id }: WorkerRef): Promise<ConsoleData> {
  const response = await fetch(`${url}/runtimes/${runtime_id}/workers/${worker_id}`);
  return parseConsoleData(dataOf(await response.text()));
}

function dataOf(html: string): string {
  const json = new RegExp(`<script[^>]*id="${CONSOLE_DATA_ID}"[^>]*>([^<]*)</script>`).exec(html)?.[1];
  if (json === undefined) throw new Error(`Cannot open a page that has no conversation: ${html.slice(0, 300)}`);
  return json;
}

function answerOf(isOk: boolean, text: string): SendAnswer {
  if (!isOk) return { kind: "refused", code: ProblemBody.parse(JSON.parse(text)).code };
  const { transcript_sequence: sequence = 0, event_id: eventId = 0 } = WorkerInputResult.parse(JSON.parse(text));
  return { kind: "acknowledged", sequence, eventId };
}
