/** The bench's profiles: how one made by hand is folded into parts. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { createPartOf } from "../bench/harness/profile-parts.ts";
import { CpuProfile, foldProfile, sharesOf, type CallFrame } from "../bench/harness/profile.ts";

const frameOf = (functionName: string, url = ""): CallFrame => ({ functionName, url, lineNumber: 0, columnNumber: 0 });
const always = { fromUs: 0, toUs: Number.POSITIVE_INFINITY };

/** (root) → relay → write, (root) → relay → parse → digest, and the thread's own states. */
const profile = CpuProfile.parse({
  nodes: [
    { id: 1, callFrame: frameOf("(root)"), children: [2, 5, 6, 7] },
    { id: 2, callFrame: frameOf("publish", "file:///app/server/relay.ts"), children: [3, 4] },
    { id: 3, callFrame: frameOf("writeBuffer") },
    { id: 4, callFrame: frameOf("parse", "file:///app/node_modules/zod/core.js"), children: [8] },
    { id: 5, callFrame: frameOf("(idle)") },
    { id: 6, callFrame: frameOf("(garbage collector)") },
    { id: 7, callFrame: frameOf("(program)") },
    { id: 8, callFrame: frameOf("digest") },
  ],
  startTime: 1_000,
  endTime: 1_900,
  samples: [2, 3, 4, 5, 6, 7, 8, 2],
  timeDeltas: [0, 100, 100, 100, 400, 100, 50, 50],
});
const partOf = createPartOf("/app", ({ url }) => url.replace("file://", ""));

test("foldProfile() counts own time by part until the next sample, and leaves out what is idle", () => {
  expect(foldProfile(profile, always, partOf)).toEqual(
    new Map([
      ["server/", 100],
      ["native: writing", 100],
      ["zod", 150],
      ["garbage collection", 100],
      ["native: outside JavaScript", 50],
    ]),
  );
});

test("foldProfile() counts only what lies in the stretch", () => {
  expect(foldProfile(profile, { fromUs: 1_200, toUs: 1_800 }, partOf)).toEqual(
    new Map([
      ["zod", 100],
      ["garbage collection", 100],
    ]),
  );
});

test("sharesOf() puts profiles together, the largest part first, without those that are too small to tell", () => {
  const shares = sharesOf([new Map([["a", 60]]), new Map(Object.entries({ a: 10, b: 29.5, c: 0.5 }))], 0.01);
  expect(shares).toEqual([
    { part: "a", share: 0.7 },
    { part: "b", share: 0.295 },
  ]);
  expect(sharesOf([new Map()], 0.01)).toEqual([]);
});

test.each([
  ["/app/runtime/store/sqlite.ts", "runtime/store/"],
  ["/app/server/relay.ts", "server/"],
  ["/app/node_modules/@hono/node-server/dist/index.js", "@hono/node-server"],
  ["node:internal/deps/undici/undici", "undici, as the engine has it"],
  ["node:internal/streams/writable", "engine: streams, sockets, HTTP"],
  ["ext:deno_web/06_streams.js", "engine: streams, sockets, HTTP"],
  ["node:internal/timers", "engine: other modules"],
  ["/elsewhere/file.js", "unknown"],
])("createPartOf() names the part of %s", (source, part) => {
  expect(partOf(frameOf("work", `file://${source}`), [])).toBe(part);
});

test("createPartOf() finds what the build has put into a chunk by the chunk's source map", () => {
  using folder = temporaryFolder();
  // The first line is the build's own, the second of one source, the third of another.
  const map = {
    version: 3,
    sources: ["../server/relay.ts", "../node_modules/zod/core.js"],
    names: [],
    mappings: ";AAAA;ACAA",
  };
  writeFileSync(join(folder.path, "chunk.js.map"), JSON.stringify(map));
  const inBuild = createPartOf(dirname(folder.path));
  const at = (lineNumber: number): CallFrame => ({
    ...frameOf("work", pathToFileURL(join(folder.path, "chunk.js")).href),
    lineNumber,
  });
  expect(inBuild(at(0), [])).toBe("top level of the build's files");
  expect(inBuild(at(1), [])).toBe("server/");
  expect(inBuild(at(2), [])).toBe("zod");
});

function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "yoi-profile-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
