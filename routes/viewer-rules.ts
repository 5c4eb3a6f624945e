/**
 * `/api/viewer-rules`: who may only read, and from whom the inner work of Workers is hidden.
 *
 * Owns the mapping of this path to the rules, who may come to it, and what every command asks before it is taken. An owner
 * may change the rules also where they let nobody command, so that nobody is locked out for good.
 */
import { Hono, type Context, type MiddlewareHandler } from "hono";
import { ProblemError } from "../protocol/problem.ts";
import { isRead } from "../protocol/request-method.ts";
import { ViewerRules } from "../protocol/viewer-rules.ts";
import type { ViewerPolicies } from "../server/access/viewer-policies.ts";
import { bodyOf } from "./request.ts";

const PATH = "/api/viewer-rules";

/** The rules' routes. */
export function viewerRulesRoutes(policies: Pick<ViewerPolicies, "rules" | "isOwner" | "change">): Hono {
  const requireOwner = (context: Context): void => {
    if (policies.isOwner(context.get("identity"))) return;
    throw new ProblemError("not_permitted", "Only whom YOI_OWNERS names may see or change the rules for viewers.");
  };
  return new Hono()
    .get(PATH, (context) => {
      requireOwner(context);
      context.header("Cache-Control", "no-store");
      return context.json(policies.rules);
    })
    .put(PATH, async (context) => {
      requireOwner(context);
      await policies.change(await bodyOf(context, ViewerRules));
      return context.json(policies.rules);
    });
}

/** Lets nobody command who may only read. */
export const refuseReadOnly: MiddlewareHandler = (context, next) => {
  if (isRead(context.req.method) || context.get("rights").policy.mayCommand) return next();
  throw new ProblemError("not_permitted", "You may read here, and command nothing.");
};
