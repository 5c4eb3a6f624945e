/**
 * A Runtime of a test's own behind its real faces, on a real port.
 *
 * Owns the serving and plain requests to it. Time inside the Runtime and in its observation passes by manual clocks.
 */
import type { RuntimeCursor } from "../../protocol/cursor.ts";
import type { WorkerId } from "../../protocol/id.ts";
import { DEFAULT_OBSERVATION_LIMITS, type ObservationLimits } from "../../runtime/observation/limits.ts";
import { observationRoutes } from "../../runtime/observation/observation-routes.ts";
import type { ObservedEvent } from "../../runtime/runtime.ts";
import { listen } from "../../runtime/node-listen.ts";
import type { Listening } from "../../runtime/rest/listener.ts";
import { createRestApp } from "../../runtime/rest/rest-app.ts";
import { ManualClock, settle } from "./manual-clock.ts";
import { openRuntimeFixture, type FixtureOptions, type RuntimeFixture } from "./runtime-fixture.ts";

/** The position before everything that is still kept. */
// why: the zero cursor is part of the contract; it is a constant of the wire.
export const ZERO_CURSOR = "wo_0000000000000000" as RuntimeCursor;

/** What a test may choose. */
export interface RuntimeServerOptions extends FixtureOptions {
  readonly token?: string;
  readonly observation?: Partial<ObservationLimits>;
}

/** An answer, with its body as JSON where it is some. */
export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: unknown;
}

/** A Runtime that is served. */
export interface RuntimeServer extends RuntimeFixture {
  readonly url: string;
  readonly port: number;
  /** The clock of heartbeats and of slow observers. */
  readonly observationClock: ManualClock;
  /** Failures that nobody expected. */
  readonly unexpected: readonly unknown[];
  /** Sends a request; `body` is sent as JSON. */
  request(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Everything that a Worker's log still has, without a network. */
  log(workerId: WorkerId): Promise<readonly ObservedEvent[]>;
  /** Closes as the process does on its signal. */
  close(): Promise<void>;
}

/** Serves a Runtime. */
export async function serveRuntime(options: RuntimeServerOptions = {}): Promise<RuntimeServer> {
  const fixture = await openRuntimeFixture({ runtimeId: "lab-one", ...options });
  const { runtime } = fixture;
  const observationClock = new ManualClock();
  const unexpected: unknown[] = [];
  const onUnexpected = (error: unknown) => unexpected.push(error);
  const listening: Listening = await listen({
    host: "127.0.0.1",
    port: 0,
    createApp: (upgradeWebSocket) =>
      createRestApp({
        runtime,
        token: options.token ?? null,
        isLocal: true,
        limits: { maxTranscriptItems: 256, maxEntries: 256 },
        observation: observationRoutes({
          runtime,
          upgradeWebSocket,
          clock: observationClock,
          limits: { ...DEFAULT_OBSERVATION_LIMITS, ...options.observation },
          onUnexpected,
        }),
        onUnexpected,
      }),
  });
  const { url } = listening;
  const close = async (): Promise<void> => {
    await runtime[Symbol.asyncDispose]();
    await listening.close();
  };
  return {
    ...fixture,
    url,
    port: Number(new URL(url).port),
    observationClock,
    unexpected,
    async request(method, path, body, headers = {}) {
      const content =
        body === undefined ? {} : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
      const auth: Record<string, string> =
        options.token === undefined ? {} : { Authorization: `Bearer ${options.token}` };
      const response = await fetch(`${url}${path}`, {
        method,
        ...content,
        headers: { ...content.headers, ...auth, ...headers },
      });
      const text = await response.text();
      const type = response.headers.get("Content-Type");
      return {
        status: response.status,
        type,
        body: type?.startsWith("application/json") && text !== "" ? JSON.parse(text) : text,
      };
    },
    async log(workerId) {
      const ending = new AbortController();
      const events: ObservedEvent[] = [];
      const reading = (async () => {
        for await (const step of runtime.observe(workerId, { cursor: ZERO_CURSOR, signal: ending.signal })) {
          if (step.kind === "events") events.push(...step.events);
        }
      })();
      await settle();
      ending.abort();
      await reading;
      return events;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
