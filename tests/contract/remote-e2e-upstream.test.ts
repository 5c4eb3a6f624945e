/** The server's own sockets to a Runtime process: opened for the first viewer, closed some time after the last. */
import { expect, test, vi } from "vitest";
import type { WorkerRef } from "../../protocol/id.ts";
import { RuntimeId } from "../../protocol/id.ts";
import { systemClock, systemRandom } from "../../runtime/clock.ts";
import { createBackend } from "../../server/create-backend.ts";
import { DEFAULT_BACKEND_LIMITS } from "../../server/limits.ts";
import { FULL_RIGHTS } from "../../server/access/viewer-policy.ts";
import { FakeSocket } from "../support/relay-fixture.ts";
import { remoteClient } from "../support/remote-client.ts";
import { LAB } from "../support/remote-failures.ts";
import { ENGINES } from "../support/runtime-process.ts";
import { RemoteSite } from "../support/remote-site.ts";
import { COMPANION, ensureCompanion, openRuntimeFixture } from "../support/runtime-fixture.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { DEADLINE_MS } from "../support/within.ts";

allowProcesses();

const until = (isSo: () => boolean) => vi.waitUntil(isSo, { timeout: DEADLINE_MS, interval: 5 });

test.each(ENGINES)(
  "A Worker in a Runtime on %s is let go some time after its last viewer, and no other",
  async (engine) => {
    await using site = await RemoteSite.start({ id: LAB, engine });
    await using remote = remoteClient(site.proxy.url, { requestTimeoutMs: DEADLINE_MS }, site.token);
    await using embedded = await openRuntimeFixture();
    await ensureCompanion(embedded.runtime);
    await using backend = createBackend({
      workspace: { id: "workspace", displayName: "Workspace" },
      runtimes: [embedded.runtime, remote],
      companion: { runtime_id: embedded.runtime.runtimeId, worker_id: COMPANION },
      cursorSecret: new Uint8Array(32),
      limits: { ...DEFAULT_BACKEND_LIMITS, relayGraceMs: 100 },
      host: { os: "linux", arch: "x64" },
      clock: systemClock,
      random: systemRandom,
    });
    const create = async (): Promise<WorkerRef> => {
      const { worker_id } = await remote.createWorker({ profile: { kind: "runtime_default" } });
      return { runtime_id: RuntimeId.parse(LAB), worker_id };
    };
    const view = async (ref: WorkerRef): Promise<FakeSocket> => {
      const socket = new FakeSocket();
      backend.observe(ref, { heartbeat: false, rights: FULL_RIGHTS }, socket);
      await until(() => socket.texts.length > 0);
      return socket;
    };
    const sockets = ({ worker_id }: WorkerRef) => {
      const path = `/${worker_id}/events/ws`;
      return { ever: site.proxy.countOf(path), open: site.proxy.openOf(path) };
    };
    const watched = await create();
    const left = await create();
    expect([watched, left].map(sockets)).toEqual(Array(2).fill({ ever: 0, open: 0 }));
    await view(watched);
    const viewers = [await view(left), await view(left), await view(left)];
    expect([watched, left].map(sockets)).toEqual(Array(2).fill({ ever: 1, open: 1 }));
    viewers.pop()?.cut();
    for (const viewer of viewers) viewer.cut();
    await until(() => sockets(left).open === 0);
    expect(sockets(watched)).toEqual({ ever: 1, open: 1 });
    await view(left);
    expect([watched, left].map(sockets)).toEqual([
      { ever: 1, open: 1 },
      { ever: 2, open: 1 },
    ]);
  },
);
