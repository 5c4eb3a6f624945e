/**
 * What rows of the API's description have in common: paths, pages of a list, and the reason of an end.
 */
import { IndexText } from "../protocol/operation.ts";

/** Where a page begins, and how long it is. */
export const PAGE = [
  { name: "start", schema: IndexText, example: "0" },
  { name: "limit", schema: IndexText, example: "20" },
] as const;
/** A path that names a Runtime. */
export const RUNTIME_PATH = "/api/runtimes/:runtime_id";
/** A path that names a Worker. */
export const WORKER_PATH = `${RUNTIME_PATH}/workers/:worker_id`;
/** Why something is to end. */
export const REASON = { reason: "asked for by a person" };
