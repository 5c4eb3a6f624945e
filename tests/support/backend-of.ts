/** A Backend of one Runtime, without a server around it. */
import { systemClock, systemRandom } from "../../runtime/clock.ts";
import type { EmbeddedRuntime } from "../../runtime/embedded.ts";
import type { Backend } from "../../server/backend.ts";
import { createBackend } from "../../server/create-backend.ts";
import { DEFAULT_BACKEND_LIMITS, type BackendLimits } from "../../server/limits.ts";
import { ensureCompanion } from "./runtime-fixture.ts";

/** Makes it, with the Runtime's companion. @param limits Those that are not the defaults. */
export async function backendOf(runtime: EmbeddedRuntime, limits: Partial<BackendLimits> = {}): Promise<Backend> {
  return createBackend({
    workspace: { id: "workspace", displayName: "Workspace" },
    runtimes: [runtime],
    companion: { runtime_id: runtime.runtimeId, worker_id: await ensureCompanion(runtime) },
    cursorSecret: new Uint8Array(32),
    limits: { ...DEFAULT_BACKEND_LIMITS, ...limits },
    host: { os: "linux", arch: "x64" },
    clock: systemClock,
    random: systemRandom,
  });
}
