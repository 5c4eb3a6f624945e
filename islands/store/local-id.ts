/** Names that this browser makes; ids of messages are made as every client makes them. */
import { randomHex } from "../../client/submission-id.ts";
import { ViewerId } from "../../protocol/demo.ts";

/** A fresh name for a page's socket, e.g. `v-5f0c…` (32 hex digits). */
export function createViewerId(): ViewerId {
  return ViewerId.parse(`v-${randomHex()}`);
}
