/**
 * `/api/demo`: what the tour through the offline demo provokes besides the demo's own answers.
 *
 * Owns the mapping of these paths to the faults. The app has them only where the demo answers; elsewhere they lead nowhere
 * like any unknown path.
 */
import { Hono } from "hono";
import { DropConnectionRequest, RestartRuntimeRequest } from "../protocol/demo.ts";
import type { DemoFaults } from "../server/demo-faults.ts";
import { bodyOf } from "./request.ts";

/** The demo's routes. */
export function demoRoutes(faults: Pick<DemoFaults, "dropConnection" | "restartRuntime">): Hono {
  return new Hono()
    .post("/api/demo/drop-connection", async (context) => {
      const { viewer_id } = await bodyOf(context, DropConnectionRequest);
      return context.json({ dropped: faults.dropConnection(viewer_id) });
    })
    .post("/api/demo/restart-runtime", async (context) => {
      await bodyOf(context, RestartRuntimeRequest);
      await faults.restartRuntime();
      return context.json({ restarted: true });
    });
}
