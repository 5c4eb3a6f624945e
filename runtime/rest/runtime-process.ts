/**
 * The Runtime process, put together.
 *
 * Owns the composition of what a configuration describes: store, profiles, Runtime, its two faces, and what is printed.
 * Entry points add a platform's way to listen.
 */
import * as z from "zod/mini";
import { BODY_TIMEOUT_MS } from "../../protocol/arrived.ts";
import { systemClock, systemRandom } from "../clock.ts";
import { createConverseProfiles, type ProviderAccess } from "../converse-profiles.ts";
import { HEAD_TIMEOUT_MS, MAX_CONNECTIONS, OTHER_CONNECTIONS } from "../edge-limits.ts";
import { openEmbeddedRuntime } from "../embedded.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { stackOf, type Log } from "../log.ts";
import { createLogTelemetry } from "../log-telemetry.ts";
import { bothTelemetries } from "../telemetry.ts";
import { tracedRuntime } from "../tracing/traced-runtime.ts";
import type { Tracing } from "../tracing/tracing.ts";
import { DEFAULT_OBSERVATION_LIMITS } from "../observation/limits.ts";
import { observationRoutes } from "../observation/observation-routes.ts";
import { isLoopback, type RuntimeConfig } from "../runtime-config.ts";
import { announceStore } from "../store-config.ts";
import { measuredStore } from "../store/measured.ts";
import { createStoreSource } from "../store/open-store.ts";
import type { Listen } from "./listener.ts";
import { watchRequests } from "./request-watch.ts";
import { createRestApp } from "./rest-app.ts";
import { createRuntimeMetrics } from "./runtime-metrics.ts";

/** What a Runtime process is made of. */
export interface RuntimeProcessOptions {
  readonly config: RuntimeConfig;
  readonly listen: Listen;
  readonly log: Log;
  readonly tracing: Tracing;
  /** Asks providers; absent: the platform's own. */
  readonly providerFetch?: ProviderAccess["fetch"];
}

/** A Runtime process that serves. */
export interface RuntimeProcess {
  readonly url: string;
  /** Refuses what is new, lets runs end for a while, ends the others, tells observers, closes everything. Repeating it waits for the same end. */
  close(): Promise<void>;
}

/** Opens a Runtime and serves it. @throws ConfigError where its address can't be had */
export async function openRuntimeProcess(options: RuntimeProcessOptions): Promise<RuntimeProcess> {
  const { config, listen, log, tracing, providerFetch } = options;
  const metrics = createRuntimeMetrics(systemClock, () => tracing.counts);
  const telemetry = bothTelemetries(metrics.telemetry, createLogTelemetry(log));
  const onUnexpected = (error: unknown): void => log.error("Something unexpected happened", { stack: stackOf(error) });
  // Without a locale, Zod's short form would say "Invalid input" and not what was wrong with it.
  z.config(z.locales.en());
  const limits: Limits = {
    run: { ...DEFAULT_LIMITS.run, ...config.run },
    worker: { ...DEFAULT_LIMITS.worker, ...config.retention },
    runtime: {
      ...DEFAULT_LIMITS.runtime,
      maxWorkers: config.maxWorkers,
      maxConfigBundles: config.maxConfigBundles,
    },
  };
  const served = Promise.withResolvers<void>();
  const opened = await createStoreSource(config.store, config.runtimeId).use((store) =>
    openEmbeddedRuntime({
      runtimeId: config.runtimeId,
      displayName: config.displayName,
      profiles: createConverseProfiles(config, config.displayName, { tracing, fetch: providerFetch }),
      store: measuredStore(store, systemClock, telemetry),
      continueInterrupted: config.continueInterrupted,
      served: served.promise,
      limits,
      clock: systemClock,
      random: systemRandom,
      telemetry,
      tracing,
    }),
  );
  const runtime = tracedRuntime(opened, tracing);
  let isStopping = false;
  const listening = await listen({
    host: config.host,
    port: config.port,
    onUnexpected,
    connections: {
      headTimeoutMs: HEAD_TIMEOUT_MS,
      bodyTimeoutMs: BODY_TIMEOUT_MS,
      // One past the bound is closed without a word: as many observers as are let in have to leave room for commands.
      maxConnections: Math.max(MAX_CONNECTIONS, config.maxObservers + OTHER_CONNECTIONS),
    },
    createApp: (upgradeWebSocket) =>
      createRestApp({
        runtime,
        token: config.token?.reveal() ?? null,
        isLocal: isLoopback(config.host),
        isStopping: () => isStopping,
        limits: limits.runtime,
        observation: observationRoutes({
          runtime,
          upgradeWebSocket,
          clock: systemClock,
          limits: {
            ...DEFAULT_OBSERVATION_LIMITS,
            maxObservers: config.maxObservers,
            heartbeatIntervalMs: config.heartbeatIntervalMs,
          },
          onUnexpected,
          telemetry: metrics.observers,
        }),
        renderMetrics: () => metrics.render(),
        watchRequests: watchRequests({
          log,
          metrics,
          tracing,
          clock: systemClock,
          random: systemRandom,
          // Those who come here are Backends, and a request's name is the same on both sides.
          isTrusted: () => true,
        }),
        onUnexpected,
      }),
  });
  served.resolve();
  let closed: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    isStopping = true;
    await runtime.drain(AbortSignal.timeout(config.shutdownGraceMs));
    // First the Runtime, so that observers see how runs ended before they are told that it is over.
    await runtime[Symbol.asyncDispose]();
    await listening.close();
    await tracing.close();
  };
  return {
    url: listening.url,
    close() {
      closed ??= close();
      return closed;
    },
  };
}

/** Lines for the operator's terminal. They name no token, no key and no provider's address. */
export function announceRuntime(config: RuntimeConfig, url: string): readonly string[] {
  const { provider, token, host } = config;
  const open = isLoopback(host) ? NO_TOKEN : OPEN_TO_ALL;
  return [
    `Runtime ${config.runtimeId} is at ${url}`,
    token === null ? open : "Requests need its token.",
    provider.kind === "demo"
      ? "The offline demo answers: no key is configured. Set OPENAI_API_KEY (or OPENAI_BASE_URL) and OPENAI_MODEL for a provider."
      : `Answers come from ${provider.model}.`,
    announceStore(config.store),
  ];
}

const NO_TOKEN = "There is no token: whoever is on this machine can command it.";
const OPEN_TO_ALL = "DANGER: there is no token, and whoever can reach this address can command it.";
