/** What browsers are told of Runtimes and Workers: the names that they are shown by. */
import { expect, test } from "vitest";
import { hostIdOf, projectCapabilities, projectRuntime, projectWorker } from "../../server/projection.ts";
import { ensureCompanion, openRuntimeFixture } from "../support/runtime-fixture.ts";

test.each<[string, string | null]>([
  ["  The lab ", "The lab"],
  ["a/b\\c\u0007", "abc"],
  ["", null],
  [" / ", null],
  ["\u0000\\", null],
])("a name of %j is shown as %j, or the id in its place", async (name, shown) => {
  await using fixture = await openRuntimeFixture();
  const { runtime } = fixture;
  const [detail, can] = await Promise.all([runtime.detail(), runtime.capabilities()]);
  const hostId = await hostIdOf("remote", "lab");
  const runtimeLabel = projectRuntime(runtime, {
    detail: { ...detail, display_name: name },
    hostId,
    capabilities: projectCapabilities("remote", can, { os: "linux", arch: "x64" }),
    diagnostics: [],
  }).label;
  const worker = await runtime.getWorker(await ensureCompanion(runtime));
  const workerLabel = projectWorker("remote", { ...worker, display_name: name }, hostId).label;
  expect([runtimeLabel, workerLabel]).toEqual([shown ?? runtime.runtimeId, shown ?? worker.worker_id]);
});
