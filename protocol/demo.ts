/**
 * What the offline demo takes besides messages: failures that a person provokes to see how the console takes them.
 *
 * Owns the shapes of these requests and answers. Only a server whose answers come from the demo has the routes.
 */
import * as z from "zod/mini";

/** Names one page's socket, made by the page: `v-5f0c…`. */
export const ViewerId = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{1,64}$/))
  .brand<"ViewerId">();
export type ViewerId = z.infer<typeof ViewerId>;

/** Asks that a page's socket be cut: `{"viewer_id":"v-5f0c…"}`. */
export const DropConnectionRequest = z.looseObject({ viewer_id: ViewerId });

/** Whether there was such a socket: `{"dropped":true}`. */
export const DropConnectionResult = z.looseObject({ dropped: z.boolean() });

/** Asks that the embedded Runtime be closed and opened again: `{}`. */
export const RestartRuntimeRequest = z.looseObject({});

/** It is back: `{"restarted":true}`. */
export const RestartRuntimeResult = z.looseObject({ restarted: z.literal(true) });
