/**
 * The Backend's operations, as its description lists them.
 *
 * Owns their order; the rows stand in a file for each topic, one for each route of the API: what it takes, answers and how
 * it may fail. A test holds the rows to the routes.
 */
import { COMPANION_OPERATIONS, CONVERSATION_OPERATIONS } from "./conversation-operations.ts";
import { DEMO_OPERATIONS, SERVER_OPERATIONS } from "./server-operations.ts";
import { BUNDLE_OPERATIONS, WORKER_OPERATIONS, WORKSPACE_OPERATIONS } from "./worker-operations.ts";

/** Every operation, in the order in which people read them. */
export const OPERATIONS = [
  ...WORKSPACE_OPERATIONS,
  ...WORKER_OPERATIONS,
  ...CONVERSATION_OPERATIONS,
  ...BUNDLE_OPERATIONS,
  ...COMPANION_OPERATIONS,
  ...SERVER_OPERATIONS,
  ...DEMO_OPERATIONS,
] as const;

/** The name of an operation. */
export type OperationId = (typeof OPERATIONS)[number]["id"];
/** A part of the API. */
export type OperationGroup = (typeof OPERATIONS)[number]["group"];
