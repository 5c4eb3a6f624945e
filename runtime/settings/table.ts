/**
 * The table of settings: everything that may be configured, of both programs, which may share one file.
 *
 * From its rows come the reading of the environment and of the file, what is said of a wrong value, `--print-config`, the
 * published JSON Schema and the tables of the documents. To add a setting:
 *
 * 1. Write a row in the file of its topic: `workspace-`, `viewer-` or `client-settings.ts` for the server alone, `process-settings.ts` for the
 *    Runtime process alone, `answer-`, `store-` or `operation-settings.ts` for both. Its name in the table is its name in
 *    the environment; `key` is `group.name` in the file (null: the environment alone); a new group gets a line in GROUPS. `about` is what the documents say.
 * 2. Use the value where the topic's rows are put together: `keys.YOI_…` in `server/config.ts`, `runtime-config.ts`,
 *    `provider-config.ts`, `store-config.ts` or `operation-config.ts`. It has been checked; without a fallback it is null.
 * 3. `node scripts/settings.mjs` writes the documents' tables and the JSON Schema anew; tests hold them to the rows.
 *
 * A secret is `secret({…})`: its `…_FILE` variable and its references in the file come by themselves, and it is hidden.
 */
import { answerSettings } from "./answer-settings.ts";
import { clientSettings } from "./client-settings.ts";
import { operationSettings } from "./operation-settings.ts";
import { processSettings } from "./process-settings.ts";
import type { SettingTable } from "./setting.ts";
import { storeSettings } from "./store-settings.ts";
import { viewerSettings } from "./viewer-settings.ts";
import { workspaceSettings } from "./workspace-settings.ts";

/** What both programs read. */
const sharedSettings = { ...answerSettings, ...storeSettings, ...operationSettings };

/** What the workspace server reads. */
export const serverTable = { ...workspaceSettings, ...viewerSettings, ...clientSettings, ...sharedSettings };

/** What the Runtime process reads. */
export const processTable = { ...processSettings, ...sharedSettings };

/** Every setting of either program. */
export const wholeTable: SettingTable = { ...serverTable, ...processSettings };

/** The groups of the file, in the order of the documents. */
export const GROUPS: Readonly<Record<string, string>> = {
  server: "Where the workspace server listens, and how it speaks.",
  workspace: "What the workspace is called.",
  access: "Who may come in.",
  viewers: "Who sees what, and who may only read.",
  clients: "How much one client, and all of them, may ask for.",
  companion: "What the Companion is told.",
  provider: "Who answers.",
  run: "How long a run may take, and what becomes of one that was cut off.",
  store: "Where Workers are kept.",
  retention: "How much of a Worker is kept, and how long.",
  log: "What is logged.",
  shutdown: "How a program ends.",
  runtime: "The Runtime process alone.",
};
