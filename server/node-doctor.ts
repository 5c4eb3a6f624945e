/**
 * `doctor` on Node and on Deno, which has these modules too.
 *
 * Owns the disk, the network and the terminal of the examination, and its exit code: 0 where nothing failed, else 1.
 */
import { access, constants, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { RuntimeId } from "../protocol/id.ts";
import { configFileOf, readSettingText } from "../runtime/node-setting-files.ts";
import { connectWs } from "../runtime/remote/ws-client.ts";
import { ConfigError, type Environment } from "../runtime/settings.ts";
import { takeConfigFlags } from "../runtime/settings/config-flags.ts";
import { inspectStore } from "../runtime/store/sqlite-inspect.ts";
import { storePath } from "../runtime/store-config.ts";
import type { TracingDefaults } from "../runtime/tracing/tracing-config.ts";
import { ViewerPolicies } from "./access/viewer-policies.ts";
import { examine, type Probes } from "./doctor/examine.ts";
import { printFinding, printFindings, type Finding } from "./doctor/finding.ts";
import { parseDoctorOptions } from "./doctor/options.ts";
import type { FolderFacts } from "./doctor/check-store.ts";
import { readKeptSecret } from "./node-cursor-secret.ts";
import { askNode } from "./node-doctor-ask.ts";
import { rulesFileOf } from "./node-rules-file.ts";
import { EMBEDDED_RUNTIME_NAME } from "./runtimes-file.ts";

/** Where the doctor speaks. */
export interface DoctorTerminal {
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
}

/**
 * Runs `doctor`.
 *
 * @param words What follows `doctor` on the command line.
 * @param tracing What the server goes by where the environment says nothing of traces.
 * @returns the exit code
 */
export async function runDoctor(
  words: readonly string[],
  environment: Environment,
  { say, complain }: DoctorTerminal,
  tracing: TracingDefaults,
): Promise<number> {
  try {
    const { configPath, rest } = takeConfigFlags(words);
    const options = parseDoctorOptions(rest);
    const findings: Finding[] = [];
    const probes = probesOf(environment, tracing);
    for await (const finding of examine(options, configFileOf(configPath, environment), probes)) {
      findings.push(finding);
      if (options.format === "text") say(printFinding(finding));
    }
    if (options.format === "json") say(printFindings(findings));
    return findings.some(({ status }) => status === "fail") ? 1 : 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complain(error.message);
    return 1;
  }
}

function probesOf(environment: Environment, tracing: TracingDefaults): Probes {
  return {
    environment,
    tracing,
    readFile: readSettingText,
    ask: askNode,
    connectWebSocket: connectWs,
    inspectFolder,
    inspectStore: async ({ store }) => {
      if (store.kind === "memory") return { state: "missing" };
      return inspectStore(storePath(store.dataDir, RuntimeId.parse(EMBEDDED_RUNTIME_NAME)));
    },
    readFiles(config) {
      const { rules: settings, owners } = config.viewers;
      const kept = rulesFileOf(config);
      // A start with other settings writes them down. Whoever examines leaves the rules of a server as they are.
      const file = kept && { ...kept, write: () => Promise.resolve() };
      return [readKeptSecret(config), ViewerPolicies.load({ settings, owners, file })];
    },
  };
}

async function inspectFolder(folder: string): Promise<FolderFacts> {
  const state = await stat(folder).then(
    (found) => (found.isDirectory() ? ("folder" as const) : ("no_folder" as const)),
    () => "missing" as const,
  );
  const place = state === "missing" ? await nearestThatIs(dirname(resolve(folder))) : folder;
  const isWritable = await access(place, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  const freeBytes = await statfs(place).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  );
  return { folder, state, isWritable, freeBytes };
}

async function nearestThatIs(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  return isThere || dirname(folder) === folder ? folder : nearestThatIs(dirname(folder));
}
