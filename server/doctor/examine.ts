/**
 * The examination: every check in its order, each told as soon as it is done.
 *
 * Owns the order and which checks need which. What a check needs of the world is handed in, so that none names a platform.
 */
import { systemClock } from "../../runtime/clock.ts";
import { COMPANION_PROFILE, createConverseProfiles } from "../../runtime/converse-profiles.ts";
import type { Profile } from "../../runtime/profile.ts";
import type { ConnectWebSocket } from "../../runtime/remote/websocket.ts";
import type { Environment, ReadFile } from "../../runtime/settings.ts";
import { follow, type Reference } from "../../runtime/settings/reference.ts";
import type { StoreFacts } from "../../runtime/store/sqlite-inspect.ts";
import { readTracingConfig, type TracingDefaults } from "../../runtime/tracing/tracing-config.ts";
import { loadConfig, type Config, type LoadedConfig } from "../config.ts";
import { reasonOf, type Ask } from "./ask.ts";
import { checkAddress, findNeighbour, type Neighbour } from "./check-address.ts";
import { checkConfig, checkWrongConfig } from "./check-config.ts";
import { checkSocket, checkStream } from "./check-links.ts";
import { checkProvider, tryProvider } from "./check-provider.ts";
import { checkRuntime } from "./check-runtimes.ts";
import { checkLogin, checkPage, checkPresence } from "./check-site.ts";
import { checkFolder, checkLock, checkStore, checkWrongFile, type FolderFacts } from "./check-store.ts";
import { fail, ok, type Finding } from "./finding.ts";
import type { DoctorOptions } from "./options.ts";
import { Site } from "./site.ts";

/** What the examination needs of the world. */
export interface Probes {
  readonly environment: Environment;
  readonly readFile: ReadFile;
  /** What the server goes by where the environment says nothing of traces. */
  readonly tracing: TracingDefaults;
  readonly ask: Ask;
  readonly connectWebSocket: ConnectWebSocket;
  readonly inspectFolder: (folder: string) => Promise<FolderFacts>;
  readonly inspectStore: (config: Config) => Promise<StoreFacts>;
  /** Reads each file beside the store as a start does. @throws ConfigError as a start does */
  readonly readFiles: (config: Config) => readonly Promise<unknown>[];
}

/** Examines, and gives each finding as it is made. */
export async function* examine(
  { site, token, triesProvider, isPatient }: DoctorOptions,
  configPath: string | null,
  probes: Probes,
): AsyncGenerator<Finding> {
  const { environment, readFile, tracing } = probes;
  let loaded: LoadedConfig | null = null;
  try {
    loaded = await loadConfig(environment, readFile, configPath);
    yield* checkConfig(loaded);
  } catch (error) {
    yield* checkWrongConfig(error);
  }
  try {
    readTracingConfig(environment, tracing);
  } catch (error) {
    yield* checkWrongConfig(error);
  }
  if (loaded !== null) yield* examineOwn(loaded, triesProvider, probes);
  if (site !== null) {
    const found = await tokenOf(token, loaded?.config ?? null, probes);
    if (typeof found === "string" || found === null) yield* examineSite(new Site(site, found), isPatient, probes);
    else yield found;
  }
}

/** What the configuration names. */
async function* examineOwn(
  { config, reading }: LoadedConfig,
  triesProvider: boolean,
  probes: Probes,
): AsyncGenerator<Finding> {
  const { ask } = probes;
  const now = () => systemClock.now();
  const { host, port, store, remoteRuntimes, provider } = config;
  const neighbour = await findNeighbour(host, port, ask);
  yield* examineStore(config, neighbour, probes);
  if (store.kind === "memory") yield ok("store", "Workers are kept in memory, and end with the process");
  yield* await checkProvider(provider, ask);
  let companion: Profile | undefined;
  try {
    companion = createConverseProfiles(config, config.workspace.displayName).get(COMPANION_PROFILE);
  } catch (error) {
    yield* checkWrongConfig(error);
  }
  if (triesProvider && provider.kind !== "demo" && companion !== undefined) {
    yield* await tryProvider(companion.model, reading.values.YOI_FIRST_TOKEN_TIMEOUT_MS, now);
  }
  for (const findings of await Promise.all(remoteRuntimes.map((runtime) => checkRuntime(runtime, ask, now)))) {
    yield* findings;
  }
  yield checkAddress(host, port, neighbour);
}

async function* examineStore(config: Config, neighbour: Neighbour, probes: Probes): AsyncGenerator<Finding> {
  const { store } = config;
  if (store.kind === "memory") return;
  const folder = await probes.inspectFolder(store.dataDir);
  yield* checkFolder(folder);
  if (folder.state === "no_folder") return;
  for (const read of await Promise.allSettled(probes.readFiles(config))) {
    if (read.status === "rejected") yield checkWrongFile(read.reason);
  }
  const facts = await probes.inspectStore(config);
  yield* checkLock(facts, neighbour === "our_server");
  yield* checkStore(facts, store.maxBytes);
}

/** The way to a running server. */
async function* examineSite(site: Site, isPatient: boolean, probes: Probes): AsyncGenerator<Finding> {
  const { ask, connectWebSocket } = probes;
  try {
    const presence = await checkPresence(site, ask);
    yield* presence.findings;
    if (!presence.isThere) return;
    yield* await checkPage(site, ask);
    const login = await checkLogin(site, ask);
    yield* login.findings;
    if (!login.isThere) return;
    const links = { ask, connectWebSocket, now: () => systemClock.now(), isPatient };
    for (const findings of await Promise.all([checkSocket(site, links), checkStream(site, links)])) yield* findings;
  } catch (error) {
    yield fail("proxy", `broke off: ${reasonOf(error)}`, "Look at the proxy's own log.");
  }
}

async function tokenOf(
  named: Reference | null,
  config: Config | null,
  probes: Probes,
): Promise<string | null | Finding> {
  if (named === null) return config?.access.token?.reveal() ?? null;
  const found = await follow(named, probes.environment, probes.readFile);
  if ("text" in found) return found.text;
  return fail(
    "login",
    `the word for the token ${found.problem}`,
    "Name a variable or a file that holds the access token.",
  );
}
