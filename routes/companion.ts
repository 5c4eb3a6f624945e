/**
 * `/api/companion`: the first Worker by short paths.
 *
 * Owns the mapping of these paths to the Companion's operations.
 */
import { Hono } from "hono";
import { CancelRequest, CompanionMessageRequest } from "../protocol/backend-api.ts";
import type { Backend } from "../server/backend.ts";
import { bodyOf, observationOf, pageQueryOf } from "./request.ts";

/** The Companion's routes. */
export function companionRoutes({ companion }: Backend, options: { readonly maxRecords: number }): Hono {
  return new Hono()
    .get("/api/companion/status", async (context) => context.json(await companion.status()))
    .get("/api/companion/transcript", async (context) => {
      return context.json(await companion.transcript(pageQueryOf(context, options.maxRecords), observationOf(context)));
    })
    .post("/api/companion/messages", async (context) => {
      return context.json(
        await companion.sendMessage(await bodyOf(context, CompanionMessageRequest), observationOf(context)),
      );
    })
    .post("/api/companion/cancel", async (context) => {
      return context.json(await companion.cancel(await bodyOf(context, CancelRequest), observationOf(context)));
    });
}
