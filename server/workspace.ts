/**
 * The workspace server, put together.
 *
 * Owns the composition of what a configuration describes: model, profiles, embedded Runtime, Companion, Backend, app.
 * Entry points add a platform, and a port.
 */
import type { Hono } from "hono";
import * as z from "zod/mini";
import { WorkerId } from "../protocol/id.ts";
import { systemClock, systemRandom } from "../runtime/clock.ts";
import { COMPANION_PROFILE, createConverseProfiles, type ProviderAccess } from "../runtime/converse-profiles.ts";
import { digest, digestText } from "../runtime/digest.ts";
import { openEmbeddedRuntime, type EmbeddedRuntime, type EmbeddedRuntimeOptions } from "../runtime/embedded.ts";
import { DEFAULT_LIMITS, type Limits } from "../runtime/limits.ts";
import { stackOf, type Log } from "../runtime/log.ts";
import { createLogTelemetry } from "../runtime/log-telemetry.ts";
import type { EmbeddedRegistry } from "../runtime/registry.ts";
import { openRestartableRuntime } from "../runtime/restartable.ts";
import type { StoreSource } from "../runtime/store/open-store.ts";
import { measuredStore } from "../runtime/store/measured.ts";
import type { RuntimeStore } from "../runtime/store/store.ts";
import { bothTelemetries, type Telemetry } from "../runtime/telemetry.ts";
import { watchRequests } from "../runtime/rest/request-watch.ts";
import { tracedRuntime } from "../runtime/tracing/traced-runtime.ts";
import type { Tracing } from "../runtime/tracing/tracing.ts";
import { networkList } from "../runtime/node-addresses.ts";
import { createAccess } from "./access/access.ts";
import { createRates } from "./access/rates.ts";
import { Sessions } from "./access/sessions.ts";
import { Tries } from "./access/tries.ts";
import { ViewerPolicies } from "./access/viewer-policies.ts";
import { createApp } from "./app.ts";
import { createBasePaths } from "./base-path.ts";
import type { Config } from "./config.ts";
import { createBackend } from "./create-backend.ts";
import { createDemoFaults, type DemoFaults } from "./demo-faults.ts";
import { EMBEDDED_RUNTIME_ID } from "./embedded-store.ts";
import type { KeptFile } from "./kept-file.ts";
import { DEFAULT_BACKEND_LIMITS, type BackendLimits } from "./limits.ts";
import { createMetrics } from "./observability/metrics.ts";
import type { Platform } from "./platform.ts";
import type { HostFacts } from "./projection.ts";

/** The Companion's id in it. */
const COMPANION_WORKER_ID = WorkerId.parse("companion");

const SECRET_BYTES = 32;

/** What a workspace server is made of. */
export interface WorkspaceOptions {
  readonly config: Config;
  /** The embedded Runtime's. */
  readonly store: StoreSource;
  readonly registry: EmbeddedRegistry;
  readonly host: HostFacts;
  /** Where logins outlive the process; null: they end with it. */
  readonly sessionFile: KeptFile | null;
  /** Where rules for viewers do that were changed meanwhile. */
  readonly rulesFile: KeptFile | null;
  readonly log: Log;
  readonly tracing: Tracing;
  /** Asks providers; absent: the platform's own. */
  readonly providerFetch?: ProviderAccess["fetch"];
  /** Interrupted runs are gone on with when this resolves; absent: at once. Never rejects. */
  readonly served?: Promise<void>;
}

/** A workspace server without a port. */
export interface Workspace {
  /** The app for an edge. */
  createApp(platform: Platform): Hono;
  /** Lets go of the Backend only: the Runtime and its Workers go on, for whoever opens them next. */
  detach(): Promise<void>;
  /** Refuses what is new, lets runs end for a while, ends the others, tells viewers, closes everything. */
  close(): Promise<void>;
}

/** Puts a workspace server together. */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { config, store, registry, host, sessionFile, rulesFile, log, tracing, providerFetch, served } = options;
  // Without a locale, Zod's short form would say "Invalid input" and not what was wrong with it.
  z.config(z.locales.en());
  const metrics = createMetrics(systemClock, () => tracing.counts);
  const telemetry = bothTelemetries(metrics.telemetry, createLogTelemetry(log));
  const access = { tracing, fetch: providerFetch, served };
  const runtime = await registry.open(EMBEDDED_RUNTIME_ID, () => openRuntime(config, store, telemetry, access));
  const demo = demoFaultsOf(runtime, config);
  const companion = await runtime.ensureWorker({
    workerId: COMPANION_WORKER_ID,
    displayName: "Companion",
    profile: { kind: "builtin", value: COMPANION_PROFILE },
  });
  const remotes = await openRemotes(config.remoteRuntimes, tracing);
  const limits: BackendLimits = {
    ...DEFAULT_BACKEND_LIMITS,
    ...config.clientLimits.viewers,
    bodyTimeoutMs: config.clientLimits.bodyTimeoutMs,
    heartbeatIntervalMs: config.heartbeatIntervalMs,
    // Room for all that the Runtime keeps and for as much again that comes while it is read.
    windowFrames: config.retention.retentionEvents * 2,
    windowChars: config.retention.retentionChars * 2,
    // No Runtime is given up before its own time-out.
    runtimeTimeoutMs: Math.max(
      DEFAULT_BACKEND_LIMITS.runtimeTimeoutMs,
      ...config.remoteRuntimes.map(({ requestTimeoutMs }) => requestTimeoutMs ?? 0),
    ),
  };
  const backend = createBackend({
    workspace: config.workspace,
    runtimes: [runtime, ...remotes],
    companion: { runtime_id: companion.runtime_id, worker_id: companion.worker_id },
    cursorSecret:
      config.cursorSecret === null
        ? new Uint8Array(systemRandom.bytes(SECRET_BYTES))
        : new TextEncoder().encode(config.cursorSecret.reveal()),
    limits,
    host,
    clock: systemClock,
    random: systemRandom,
    telemetry,
    tracing,
  });
  const { allowedHosts, allowedOrigins, trustedProxies, userHeader } = config.access;
  const token = config.access.token?.reveal() ?? null;
  const mark = digestText(await digest(`sessions of ${token}`));
  const sessions = await Sessions.load({ clock: systemClock, random: systemRandom, file: sessionFile, mark });
  const tries = new Tries(systemClock);
  const { rules: settings, owners } = config.viewers;
  const policies = await ViewerPolicies.load({ settings, owners, file: rulesFile });
  const rates = createRates({
    limits: config.clientLimits.rates,
    clock: systemClock,
    onLimited: (kind) => metrics.rateLimited(kind),
  });
  const isOpen = token === null && userHeader === null;
  const isTrusted = networkList(trustedProxies);
  const proxiesOf = ({ peerAddress }: Platform) => ({ peerAddress, isTrusted, userHeader });
  const accessOf = (platform: Platform) =>
    createAccess({
      token,
      sessions,
      tries,
      // A login tells visitors apart, whatever name they come by; without one the name is all there is.
      rules: {
        hosts: isOpen || allowedHosts.length > 0 ? new Set(allowedHosts) : null,
        origins: new Set(allowedOrigins),
      },
      proxies: proxiesOf(platform),
      onTry(result, { address }) {
        metrics.loginTried(result);
        if (result === "accepted") log.info("Someone logged in", { address });
        else log.warning("A login failed", { result, address });
      },
    });
  let isStopping = false;
  const closeRemotes = () => Promise.all(remotes.map((remote) => remote[Symbol.asyncDispose]()));
  return {
    createApp(platform) {
      const access = accessOf(platform);
      return createApp({
        access,
        rates,
        policies,
        bases: createBasePaths(config.basePath, proxiesOf(platform)),
        backend,
        platform,
        workspaceName: config.workspace.displayName,
        demo,
        limits,
        metrics,
        watchRequests: watchRequests({
          log,
          metrics,
          tracing,
          clock: systemClock,
          random: systemRandom,
          isTrusted: (context) => access.isFromProxy(context),
        }),
        isStopping: () => isStopping,
        onUnexpected: (error, requestId) =>
          log.error("Something unexpected happened", { request_id: requestId, stack: stackOf(error) }),
      });
    },
    async detach() {
      await backend[Symbol.asyncDispose]();
      await closeRemotes();
    },
    async close() {
      isStopping = true;
      await runtime.drain(AbortSignal.timeout(config.shutdownGraceMs));
      await registry.close(EMBEDDED_RUNTIME_ID);
      await backend[Symbol.asyncDispose]();
      await closeRemotes();
      await tracing.close();
    },
  };
}

/** Their client is loaded where there are any. */
async function openRemotes(configs: Config["remoteRuntimes"], tracing: Tracing) {
  if (configs.length === 0) return [];
  const { openRemoteRuntimes } = await import("./remote-runtimes.ts");
  return openRemoteRuntimes(configs, systemClock, tracing);
}

/** Those of a Runtime that can be restarted, which only the demo's is. */
function demoFaultsOf(runtime: EmbeddedRuntime, { provider }: Config): DemoFaults | null {
  const { restart } = runtime;
  return provider.kind === "demo" && restart !== undefined ? createDemoFaults(restart) : null;
}

type RuntimeAccess = ProviderAccess & Pick<EmbeddedRuntimeOptions, "served"> & Pick<WorkspaceOptions, "tracing">;

async function openRuntime(
  config: Config,
  store: StoreSource,
  telemetry: Telemetry,
  access: RuntimeAccess,
): Promise<EmbeddedRuntime> {
  const open = () =>
    store.use((opened) => openOn(measuredStore(opened, systemClock, telemetry), config, telemetry, access));
  return tracedRuntime(await (config.provider.kind === "demo" ? openRestartableRuntime(open) : open()), access.tracing);
}

function openOn(
  store: RuntimeStore,
  config: Config,
  telemetry: Telemetry,
  access: RuntimeAccess,
): Promise<EmbeddedRuntime> {
  const limits: Limits = {
    ...DEFAULT_LIMITS,
    run: { ...DEFAULT_LIMITS.run, ...config.run },
    worker: { ...DEFAULT_LIMITS.worker, ...config.retention },
  };
  return openEmbeddedRuntime({
    runtimeId: EMBEDDED_RUNTIME_ID,
    displayName: config.workspace.displayName,
    profiles: createConverseProfiles(config, config.workspace.displayName, access),
    store,
    continueInterrupted: config.continueInterrupted,
    served: access.served,
    limits,
    clock: systemClock,
    random: systemRandom,
    telemetry,
    tracing: access.tracing,
  });
}
