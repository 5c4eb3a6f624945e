/**
 * One server for all tests of a file.
 *
 * Owns its start before the first test and its end after the last, and time enough for tests that cross processes: their
 * own deadlines are shorter and say what they waited for.
 */
import { afterAll, beforeAll, vi } from "vitest";
import type { Transport } from "./observer.ts";
import { ServerProcess } from "./server-process.ts";
import { DEADLINE_MS } from "./within.ts";
import { WorkspaceClient } from "./workspace-client.ts";

/** A server and a program that uses it; both exist while tests run. */
export interface ServedWorkspace {
  readonly server: ServerProcess;
  readonly client: WorkspaceClient;
}

/** Gives the tests of this file time for processes and sockets. */
export function allowProcesses(): void {
  vi.setConfig({ testTimeout: 3 * DEADLINE_MS, hookTimeout: 2 * DEADLINE_MS });
}

/** Serves the tests of this file. The demo answers at once unless `environment` says otherwise; viewers come by `transport`. */
export function serveWorkspace(
  environment: Readonly<Record<string, string>> = {},
  transport: Transport = "socket",
): ServedWorkspace {
  allowProcesses();
  let server: ServerProcess | undefined;
  beforeAll(async () => {
    server = await ServerProcess.start({ environment: { YOI_DEMO_PACE: "0", ...environment } });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });
  const running = (): ServerProcess => {
    if (!server) throw new Error("Cannot use the server before its start");
    return server;
  };
  return {
    get server() {
      return running();
    },
    get client() {
      return new WorkspaceClient(running().url, transport);
    },
  };
}
