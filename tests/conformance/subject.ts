/**
 * The Runtime under judgement.
 *
 * Owns what checks share: its endpoint, the Workers that were made and that are stopped at the end, and what is made once
 * and used by many checks. Where such a thing can't be made, the first check that asks for it fails and the others are
 * skipped.
 */
import type { ConfigBundle } from "../../protocol/config-bundle.ts";
import type { ConfigBundleRef } from "../../protocol/runtime-api.ts";
import { sleep, systemClock } from "../../runtime/clock.ts";
import { RuntimeEndpoint } from "../../runtime/remote/endpoint.ts";
import { launchBundle } from "../../runtime/remote/launch-bundle.ts";
import { must, SkipCheck } from "./check.ts";
import { createAsk, expectOk, told, type Answer, type Ask, type AskOptions } from "./http.ts";
import type { KitLimits } from "./limits.ts";
import { Observer } from "./observer.ts";
import { recordRun, type Recording } from "./recording.ts";
import { Body, type WorkerShape } from "./shapes.ts";

/** What is judged, and how. */
export interface SubjectOptions {
  readonly baseUrl: string;
  readonly token: string | null;
  /** What Workers are told. */
  readonly message: string;
  readonly limits: KitLimits;
}

export const DEFAULT_PROFILE = { kind: "runtime_default" } as const;

/** A Runtime, known by its address only. */
export class Subject {
  readonly limits: KitLimits;
  readonly token: string | null;
  readonly message: string;
  readonly #endpoint: RuntimeEndpoint;
  readonly #ask: Ask;
  readonly #made = new Set<string>();
  readonly #once = new Map<string, Promise<unknown>>();
  #observers: Observer[] = [];
  #signal: AbortSignal = new AbortController().signal;

  /** @throws TypeError where the address is none */
  constructor({ baseUrl, token, message, limits }: SubjectOptions) {
    this.#endpoint = new RuntimeEndpoint(baseUrl, token);
    this.limits = limits;
    this.token = token;
    this.message = message;
    this.#ask = createAsk(this.#endpoint, limits, () => this.#signal);
  }

  /** Everything that follows ends with the signal, until the next one. */
  begin(signal: AbortSignal): void {
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  /** Lets go of the sockets of a check. */
  discardObservers(): void {
    for (const observer of this.#observers) observer.discard();
    this.#observers = [];
  }

  /** Makes a request. A Worker that it makes is remembered, also where nobody expected one. */
  async ask(method: string, route: readonly string[], options: AskOptions = {}): Promise<Answer> {
    const answer = await this.#ask(method, route, options);
    if (method === "POST" && route.join("/") === "v1/workers") this.#remember(answer.body);
    return answer;
  }

  #remember(body: unknown): void {
    if (typeof body !== "object" || body === null || !("worker" in body)) return;
    const { worker } = body;
    if (typeof worker !== "object" || worker === null || !("worker_id" in worker)) return;
    if (typeof worker.worker_id === "string") this.#made.add(worker.worker_id);
  }

  /** Observes a Worker. `headers` stand in for the usual ones. */
  observe(
    workerId: string,
    query: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = this.#endpoint.headers,
  ): Observer {
    const url = this.#endpoint.webSocketUrl(["v1", "workers", workerId, "events", "ws"], query);
    const observer = new Observer({ url, headers, limits: this.limits });
    this.#observers.push(observer);
    return observer;
  }

  /** The id that the Runtime gives itself. */
  runtimeId(): Promise<string> {
    return this.once("the summary", async () => {
      return expectOk(await this.ask("GET", ["v1", "runtime"]), Body.runtime).runtime.runtime_id;
    });
  }

  /** Stores a bundle. */
  storeBundle(bundle: ConfigBundle): Promise<Answer> {
    return this.ask("POST", ["v1", "config-bundles"], { body: { bundle } });
  }

  /** A stored bundle that lists the default profile. */
  bundle(): Promise<ConfigBundleRef> {
    return this.once("a config bundle", async () => {
      const bundle = await launchBundle(DEFAULT_PROFILE);
      return expectOk(await this.storeBundle(bundle), Body.availability).availability.reference;
    });
  }

  /** Makes a Worker of the default profile. */
  async createWorker(more: Readonly<Record<string, unknown>> = {}): Promise<WorkerShape> {
    const body = { profile: DEFAULT_PROFILE, config_bundle: await this.bundle(), ...more };
    const { worker } = expectOk(await this.ask("POST", ["v1", "workers"], { body }), Body.worker);
    return worker;
  }

  /** An idle Worker that no check talks to. */
  quietWorker(): Promise<WorkerShape> {
    return this.once("a Worker", () => this.createWorker());
  }

  /** A Worker with one run behind it, observed from before it began. */
  recording(): Promise<Recording> {
    return this.once("a Worker's run", () => recordRun(this));
  }

  /** How a Worker is. */
  async worker(workerId: string): Promise<WorkerShape> {
    return expectOk(await this.ask("GET", ["v1", "workers", workerId]), Body.worker).worker;
  }

  /** Sends a message. */
  send(workerId: string, content: string, more: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    return this.ask("POST", ["v1", "workers", workerId, "input"], { body: { kind: "user", content, ...more } });
  }

  /** Waits until a Worker has no run. */
  async idle(workerId: string): Promise<WorkerShape> {
    const until = Date.now() + this.limits.answerTimeoutMs;
    for (;;) {
      const worker = await this.worker(workerId);
      if (worker.execution.run_state !== "busy") return worker;
      must(Date.now() < until, `the end of a run within ${this.limits.answerTimeoutMs} ms`, () => "none");
      await sleep(systemClock, this.limits.pollIntervalMs, this.#signal);
    }
  }

  /** Makes something once. @throws SkipCheck where an earlier check has failed at it */
  async once<Value>(what: string, make: () => Promise<Value>): Promise<Value> {
    const known = this.#once.get(what);
    if (known !== undefined) {
      // why: each name is used with one maker.
      return (await known.catch(() => {
        throw new SkipCheck(`it needs ${what}, which could not be had`);
      })) as Value;
    }
    const value = make();
    this.#once.set(what, value);
    return value;
  }

  /** Stops the Workers that were made. @returns what went wrong with those that may still be there */
  async cleanUp(signal: AbortSignal): Promise<readonly string[]> {
    this.begin(signal);
    this.discardObservers();
    const left: string[] = [];
    for (const workerId of this.#made) {
      try {
        const answer = await this.ask("POST", ["v1", "workers", workerId, "stop"]);
        if (answer.status !== 200) left.push(`${workerId}: ${told(answer)}`);
      } catch (error) {
        left.push(`${workerId}: ${error instanceof Error ? error.message : String(error)}`);
        // One that does not answer costs its time-out once.
        break;
      }
    }
    return left;
  }
}
