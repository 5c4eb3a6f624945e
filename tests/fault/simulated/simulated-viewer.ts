/**
 * A person's page: the browser's own stores over simulated sockets and requests.
 *
 * Owns what the page does by itself, what its person does (write, stop, ask again), and the record of all that reached it.
 */
import { computed } from "@preact/signals";
import ReconnectingWebSocket from "partysocket/ws";
import type { ApiClient, ApiResult } from "../../../islands/store/api-client.ts";
import { Composer } from "../../../islands/store/composer.ts";
import { Connection } from "../../../islands/store/connection.ts";
import { Conversation } from "../../../islands/store/conversation.ts";
import { createDrafts } from "../../../islands/store/drafts.ts";
import { immediateScheduler } from "../../../islands/store/frame-scheduler.ts";
import { SubmissionId, type WorkerRef } from "../../../protocol/id.ts";
import { ProblemError, problemRow } from "../../../protocol/problem.ts";
import type { ObservationPolicy } from "../../../server/policy.ts";
import { ChangingRights } from "../../support/viewer-rights.ts";
import type { SendAnswer, ViewerHistory, ViewerRecord } from "../checker.ts";
import type { RestHop } from "./rest-hop.ts";
import type { Chance } from "./seeded-chance.ts";
import { SimulatedProcess } from "./simulated-time.ts";
import { ViewerLink, type ServingBackend, type ViewerLinkOptions } from "./viewer-link.ts";

/** What a page is made of. */
export interface SimulatedViewerOptions extends Pick<
  ViewerLinkOptions,
  "time" | "ref" | "maxLatencyMs" | "maxSliceBytes"
> {
  readonly number: number;
  /** What it may see at first. */
  readonly policy: ObservationPolicy;
  /** Whose cursor one is. */
  readonly policyOf: (cursor: string) => ObservationPolicy;
  /** Told whose cursors begin how. */
  readonly onView: (cursor: string, policy: ObservationPolicy) => void;
  readonly chance: Chance;
  readonly backend: () => ServingBackend | null;
  readonly hop: RestHop;
  /** Whether the servers can surely go on from a position. */
  readonly isRetained: (cursor: string) => boolean;
  /** Whether something behind the Backend is broken, or was a moment ago: then it may refuse. */
  readonly isImpaired: () => boolean;
  readonly mayFallBehind: boolean;
  readonly onAnswer: (submissionId: string, text: string, answer: SendAnswer) => void;
}

/** One page, from its loading to the end of the run. */
export class SimulatedViewer {
  readonly number: number;
  readonly records: ViewerRecord[] = [];
  readonly #options: SimulatedViewerOptions;
  readonly #rights: ChangingRights;
  readonly #process: SimulatedProcess;
  readonly #api: Pick<ApiClient, "sendInput" | "cancelRun">;
  #link: ViewerLink | null = null;
  #page: ReturnType<SimulatedViewer["wire"]> | null = null;
  #submissions = 0;
  #offlineUntilMs = 0;
  #messages = 0;
  /** Whether the person still wants the message in the box to be sent. */
  #isSending = false;

  constructor(options: SimulatedViewerOptions) {
    this.#options = options;
    this.#rights = new ChangingRights({ observation: options.policy });
    this.number = options.number;
    this.#process = new SimulatedProcess(options.time);
    this.#api = {
      sendInput: (ref, text, submissionId) => this.#send(ref, text, submissionId),
      cancelRun: (ref, startedTs) =>
        this.#ask((backend) => backend.cancelRun(ref, startedTs === undefined ? {} : { run_started_ts: startedTs })),
    };
    this.#load();
  }

  /** Whether it shows everything, in peace, and nothing of its person's is under way. */
  isAtRest(head: string): boolean {
    if (this.#page === null || this.#isSending) return false;
    const { connection, conversation } = this.#page;
    return connection.state.peek().kind === "live" && (conversation.cursor.peek() ?? "").endsWith(head);
  }

  get history(): ViewerHistory | null {
    if (this.#page === null) return null;
    const { connection, conversation } = this.#page;
    conversation.flush();
    const { duplicates, foreign, malformed } = conversation.counters.peek();
    const { badFrames, lateFrames, gaps } = connection.counters.peek();
    return {
      name: `viewer ${this.number}`,
      records: this.records,
      firstPolicy: this.#options.policy,
      policy: this.#rights.policy.observation,
      transcript: conversation.transcript.peek(),
      link: connection.state.peek().kind,
      counters: { duplicates, foreign, malformed, badFrames, lateFrames, gaps },
      mayFallBehind: this.#options.mayFallBehind,
    };
  }

  // --- what its person does ------------------------------------------------------------------------------------------

  /** Writes a message and sends it, again and again until it has been taken. */
  send(): void {
    if (this.#page === null || this.#isSending) return;
    this.#isSending = true;
    this.#messages += 1;
    this.#page.composer.edit(`message ${this.#messages} of ${this.number}`);
    this.#submit();
  }

  /** The same message from two tabs at once. */
  sendTwice(): void {
    if (this.#page === null) return;
    this.#messages += 1;
    const id = this.#nextSubmissionId();
    const text = `message ${this.#messages} of ${this.number}, twice`;
    void this.#api.sendInput(this.#options.ref, text, id);
    void this.#api.sendInput(this.#options.ref, text, id);
  }

  cancel(): void {
    void this.#page?.composer.cancelRun();
  }

  renew(times: number): void {
    this.fault("renewed");
    for (let time = 0; time < times; time += 1) this.#page?.connection.reconnectNow();
  }

  wake(): void {
    // A page may take a silence for an end after a sleep: it was asleep.
    this.fault("woke up");
    this.#page?.connection.checkLiveness();
  }

  // --- what is done to it --------------------------------------------------------------------------------------------

  /** Writes down that something was done that may end its link. */
  fault(what: string): void {
    this.records.push({ kind: "fault", what });
  }

  /** It may see something else from now on. */
  changeRules(observation: ObservationPolicy): void {
    this.records.push({ kind: "rules", policy: observation });
    this.#rights.change({ observation });
  }

  unretained(): void {
    this.records.push({ kind: "unretained" });
  }

  /** Does something to its link, if there is one. */
  harm(what: string, harm: (link: ViewerLink) => void): void {
    if (this.#link === null) return;
    this.fault(what);
    this.#link.isHarmed = true;
    harm(this.#link);
  }

  /** It has no network for a while. */
  goOffline(forMs: number): void {
    this.#offlineUntilMs = Math.max(this.#offlineUntilMs, this.#process.now() + forMs);
    this.harm("offline", (link) => link.cut());
  }

  get #backend(): ServingBackend | null {
    return this.#process.now() < this.#offlineUntilMs ? null : this.#options.backend();
  }

  /** Its link is held for a while. */
  stall(forMs: number): void {
    this.harm("stalled", (link) => {
      link.pipe.hold();
      this.#options.time.plan(forMs, () => link.pipe.release());
    });
  }

  // --- the page ------------------------------------------------------------------------------------------------------

  #load(): void {
    const { ref, chance, onView } = this.#options;
    const policy = this.#rights.policy.observation;
    void this.#ask((backend) => backend.view(ref, policy)).then((result) => {
      if (!result.ok) return void this.#process.plan(chance.between(50, 400), () => this.#load());
      onView(result.value.cursor, policy);
      this.#page = this.wire(result.value);
      this.#page.connection.start(ReconnectingWebSocket);
      return undefined;
    });
  }

  /** Puts the page's stores together, as its entry does. */
  wire({ snapshot, cursor }: Awaited<ReturnType<ServingBackend["backend"]["view"]>>) {
    const { ref, chance } = this.#options;
    const process = this.#process;
    // What the server rendered is the first thing that the person sees of the stream.
    const envelope = {
      cursor,
      event_id: `snapshot:${cursor}`,
      ...ref,
      ts: 0,
      payload: { event: "snapshot", data: snapshot },
    };
    this.records.push({ kind: "frame", text: JSON.stringify({ kind: "event", envelope }) });
    const conversation = new Conversation({
      ref,
      snapshot,
      cursor,
      scheduler: (flush) => {
        let isPlanned = false;
        return () => {
          if (isPlanned) return;
          isPlanned = true;
          process.plan(FRAME_MS, () => {
            isPlanned = false;
            flush();
          });
        };
      },
      now: () => process.now(),
      loadEntries: async () => ({ ok: false, failure: { kind: "network" } }),
    });
    const connection = new Connection({
      url: (position) => `ws://site/?cursor=${position ?? ""}`.replace(/\?cursor=$/, ""),
      cursor: () => conversation.cursor.peek(),
      dropCursor: () => conversation.dropCursor(),
      receive: (received) => conversation.receive(received),
      findRefusal: async () => undefined,
      loadFallback: () => Promise.reject(new Error("Cannot load another way: sockets always get through here")),
      clock: process,
      scheduler: immediateScheduler,
      random: () => chance.fraction(),
      // why: a page uses no more of a WebSocket than the link's end has.
      WebSocket: this.#socketClass() as unknown as new (url: string) => WebSocket,
      noteReadOnly: () => {},
      isOnline: () => true,
    });
    const runningSince = computed(() => {
      const run = conversation.run.value;
      return run.state === "active" ? run.started_ts : undefined;
    });
    const stored = new Map<string, string>();
    const composer = new Composer({
      ref,
      api: this.#api,
      drafts: createDrafts(ref, () => ({
        getItem: (key) => stored.get(key) ?? null,
        setItem: (key, value) => void stored.set(key, value),
        removeItem: (key) => void stored.delete(key),
      })),
      clock: process,
      createSubmissionId: () => this.#nextSubmissionId(),
      entries: conversation.entries,
      runningSince,
    });
    return { conversation, connection, composer };
  }

  #nextSubmissionId(): SubmissionId {
    this.#submissions += 1;
    return SubmissionId.parse(`s-${this.number}-${this.#submissions}`);
  }

  #socketClass() {
    const open = (url: string) => this.#open(url);
    return function Socket(url: string) {
      return open(url);
    };
  }

  #open(url: string) {
    const { time, ref, policyOf, chance, maxLatencyMs, maxSliceBytes, isRetained } = this.#options;
    let asked: { readonly cursor: string | null; readonly isRetained: boolean } | null = null;
    const link = new ViewerLink(url, {
      time,
      chance,
      ref,
      rights: this.#rights,
      maxLatencyMs,
      maxSliceBytes,
      networkBytes: NETWORK_BYTES,
      backend: () => this.#backend,
      onAsked: (cursor) => {
        asked = { cursor, isRetained: cursor !== null && isRetained(cursor) };
      },
      onOpen: () => {
        if (asked === null) return;
        const isOwn = asked.cursor !== null && policyOf(asked.cursor) === this.#rights.policy.observation;
        this.records.push({ kind: "opened", cursor: asked.cursor, isRetained: asked.isRetained && isOwn });
        if (link.isHarmed) this.fault("harmed before it was open");
        if (this.#options.isImpaired()) this.fault("the Backend can't hear the Runtime");
      },
      onFrame: (text) => this.records.push({ kind: "frame", text, ts: time.now() }),
      onEnd: (code) => this.records.push({ kind: "ended", code }),
    });
    this.#link = link;
    return link.socket;
  }

  #submit(): void {
    const { chance } = this.#options;
    const composer = this.#page?.composer;
    if (composer === undefined) return;
    void composer.submit().then(() => {
      const send = composer.send.peek();
      if (send.kind === "refused") return void this.#process.plan(chance.between(80, 700), () => this.#submit());
      if (send.kind === "idle") this.#isSending = false;
      return undefined;
    });
  }

  async #send(ref: WorkerRef, text: string, submissionId: SubmissionId) {
    const result = await this.#ask((backend) =>
      backend.sendInput(ref, { kind: "user", content: text, submission_id: submissionId }),
    );
    const answer: SendAnswer = result.ok
      ? {
          kind: "acknowledged",
          sequence: result.value.transcript_sequence ?? -1,
          eventId: result.value.event_id ?? -1,
        }
      : result.failure.kind === "problem"
        ? { kind: "refused", code: result.failure.code }
        : { kind: "unknown" };
    this.#options.onAnswer(submissionId, text, answer);
    return result;
  }

  async #ask<Value>(question: (backend: ServingBackend["backend"]) => Promise<Value>): Promise<ApiResult<Value>> {
    const { hop } = this.#options;
    try {
      const value = await hop.ask(this.#process, async () => {
        const serving = this.#backend;
        if (serving === null) throw new Error("Cannot ask: nobody serves");
        return question(serving.backend);
      });
      return { ok: true, value };
    } catch (error) {
      if (!(error instanceof ProblemError)) return { ok: false, failure: { kind: "network" } };
      const { code, detail } = error;
      const { status, retryable } = problemRow(code);
      return { ok: false, failure: { kind: "problem", code, status, detail, retryable } };
    }
  }
}

/** A screen's frame. */
const FRAME_MS = 16;
/** What the network holds of what was sent to a page. */
const NETWORK_BYTES = 1_000;
