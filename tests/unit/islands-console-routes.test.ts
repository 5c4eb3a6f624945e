/** The console's routes: how long a page waits for a Runtime that hangs, and what it is without a conversation. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseAwayData, parseConsoleData } from "../../islands/console-data.ts";
import { ProblemError } from "../../protocol/problem.ts";
import { consoleRoutes } from "../../routes/console.ts";
import type { Backend, ListOf } from "../../server/backend.ts";
import { consoleData } from "../support/console-data.ts";
import { withRights } from "../support/viewer-rights.ts";
import { listedRuntime } from "../support/listed-runtime.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { selected, workers, snapshot, cursor } = consoleData();
const home = listedRuntime("r", "Home");
const never = () => new Promise<never>(() => {});

function list<Item>(items: Item[]): Promise<ListOf<Item>> {
  return Promise.resolve({
    workspace_id: "w",
    limit: 200,
    items,
    source: "worker_runtime_registry",
    diagnostics: [],
  });
}

type Asked = Pick<Backend, "listWorkers" | "listRuntimes" | "listHosts" | "view">;

/** Opens the Worker's page, as a browser does, in front of a Backend that answers so. */
async function open(change: Partial<Asked>) {
  const answers: Asked = {
    listWorkers: () => list(workers),
    listRuntimes: () => list([home]),
    listHosts: () => list([]),
    view: () => Promise.resolve({ snapshot, cursor }),
    ...change,
  };
  // why: the page asks nothing else.
  const backend = { ...answers, companion: { ref: selected } } as unknown as Backend;
  const assets = { files: new Map(), scripts: [], styles: [] };
  const routes = consoleRoutes(backend, { assets, workspaceName: "Workspace", demo: false, maxRecords: 200 });
  const answer = Promise.resolve(
    withRights(routes).request("/runtimes/r/workers/w", { headers: { Accept: "text/html" } }),
  );
  const startedAt = Date.now();
  const [response] = await Promise.all([answer, vi.runAllTimersAsync()]);
  const html = await response.text();
  const data = /<script type="application\/json" id="[^"]+">(.*?)<\/script>/.exec(html)?.[1] ?? "";
  return { status: response.status, data, waitedMs: Date.now() - startedAt };
}

test("a page waits for nothing that has come", async () => {
  const { status, data, waitedMs } = await open({});
  expect(status).toBe(200);
  expect(waitedMs).toBe(0);
  expect(parseConsoleData(data)).toMatchObject({ workers, runtimes: [{ label: "Home", last_seen_at: null }] });
});

test("a Runtime that hangs holds the page for a moment only, and the Worker's own neighbours are listed", async () => {
  const { status, data, waitedMs } = await open({
    listWorkers: (runtimeId) => (runtimeId === undefined ? never() : list(workers)),
    listRuntimes: never,
  });
  expect(status).toBe(200);
  expect(waitedMs).toBeLessThan(2_000);
  expect(parseConsoleData(data)).toMatchObject({ workers, runtimes: [] });
});

test("a conversation that does not come is a page that says so, with the list", async () => {
  const { status, data } = await open({ view: never });
  expect(status).toBe(504);
  expect(parseAwayData(data)).toMatchObject({ workers, problem: { code: "runtime_timeout" } });
});

test("a Runtime that is away is a page with the reason, and the list", async () => {
  const { status, data } = await open({
    view: () => Promise.reject(new ProblemError("runtime_refused", "It may not be running.")),
  });
  expect(status).toBe(502);
  expect(parseAwayData(data)).toMatchObject({ workers, problem: { code: "runtime_refused" } });
});
