/** A page's data for tests of the console: one Worker, nothing said yet. */
import { ConsoleData } from "../../islands/console-data.ts";

export function consoleData(change: Partial<ConsoleData> = {}): ConsoleData {
  const data = ConsoleData.parse({
    locale: "en",
    workspaceName: "Workspace",
    demo: false,
    selected: { runtime_id: "r", worker_id: "w" },
    workers: [
      {
        runtime_id: "r",
        worker_id: "w",
        host_id: "h",
        label: "Companion",
        role: null,
        profile: null,
        workspace: { visibility: "workspace", identity: "workspace" },
        state: "running",
        status: "idle",
        last_seen_at: null,
        implementation: { kind: "embedded", display_hint: "" },
        capabilities: { can_accept_input: true, can_stop: true, can_spawn_followup: false },
        diagnostics: [],
      },
    ],
    runtimes: [],
    snapshot: {
      entries: [],
      greeting: {
        worker_name: "Companion",
        cwd: "",
        provider: "demo",
        model: "demo-1",
        scope_summary: "",
        tools: [],
      },
    },
    cursor: "bo_0",
  });
  return { ...data, ...change };
}
