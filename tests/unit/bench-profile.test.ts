/** The bench's profiles: how those made by hand are folded into parts, and what a pause is told to be. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { bytesByConstructor } from "../bench/harness/heap-parts.ts";
import { pausesOf } from "../bench/harness/pauses.ts";
import { createPagePartOf, createPartOf, partsOfBuilt } from "../bench/harness/profile-parts.ts";
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

/** The first line is the build's own, the second of one source, the third of another. */
const MAP = {
  version: 3,
  sources: ["../server/relay.ts", "../node_modules/zod/core.js"],
  names: [],
  mappings: ";AAAA;ACAA",
};

test("createPartOf() finds what the build has put into a chunk by the chunk's source map", () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "chunk.js.map"), JSON.stringify(MAP));
  const inBuild = createPartOf(dirname(folder.path));
  const at = (lineNumber: number): CallFrame => ({
    ...frameOf("work", pathToFileURL(join(folder.path, "chunk.js")).href),
    lineNumber,
  });
  expect(inBuild(at(0), [])).toBe("top level of the build's files");
  expect(inBuild(at(1), [])).toBe("server/");
  expect(inBuild(at(2), [])).toBe("zod");
});

test("createPagePartOf() tells scripts by the source maps of the build, and them from what the browser does", () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "chunk.js"), "");
  writeFileSync(join(folder.path, "chunk.js.map"), JSON.stringify(MAP));
  const onPage = createPagePartOf(dirname(folder.path), folder.path);
  const script: CallFrame = { ...frameOf("work", "http://127.0.0.1:41234/chunk.js"), lineNumber: 2 };
  const root = frameOf("(root)");
  expect(onPage(script, [root])).toBe("zod");
  expect(onPage(frameOf("appendChild"), [script, root])).toBe("browser: the document's functions");
  expect(onPage(frameOf("(program)"), [root])).toBe("browser: styles, layout, painting");
  expect(onPage(frameOf("(garbage collector)"), [script, root])).toBe("garbage collection");
  expect(onPage(frameOf("work", "http://127.0.0.1:41234/other.js"), [root])).toBe("unknown");
});

test("partsOfBuilt() has the part of each character", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "chunk.js");
  writeFileSync(path, "a\nbc\nd");
  writeFileSync(`${path}.map`, JSON.stringify(MAP));
  expect(Array.from(partsOfBuilt(dirname(folder.path), path), ({ part, text }) => `${text} ${part}`)).toEqual([
    "a top level of the build's files",
    "b server/",
    "c server/",
    "d zod",
  ]);
});

test("bytesByConstructor() sums objects by constructor, and what has none by its kind", () => {
  const text = JSON.stringify({
    snapshot: {
      meta: { node_fields: ["type", "name", "id", "self_size"], node_types: [["object", "array", "native", "hidden"]] },
    },
    strings: ["Socket", "elements", "Node / TCPSocketWrap", "system / Context"],
    nodes: [
      [0, 0, 1, 100],
      [0, 0, 3, 50],
      [1, 1, 5, 16],
      [2, 2, 7, 8],
      [3, 3, 9, 24],
    ].flat(),
  });
  expect(bytesByConstructor(text)).toEqual(
    new Map([
      ["Socket", 150],
      ["(tables of objects, maps and sets)", 16],
      ["Node: TCPSocketWrap", 8],
      ["(variables that functions keep)", 24],
    ]),
  );
});

test("pausesOf() tells a pause that the thread makes itself, and refuses work in which it was never free", async () => {
  const free = () => new Promise((resolve) => setTimeout(resolve, 5));
  const { longestMs, waitedMs, ownMs } = await pausesOf(async () => {
    await free();
    const endMs = performance.now() + 40;
    while (performance.now() < endMs);
    await free();
  });
  expect(longestMs).toBeGreaterThanOrEqual(38);
  expect(waitedMs).toBeGreaterThanOrEqual(0);
  expect(ownMs).toBeLessThanOrEqual(longestMs);
  await expect(pausesOf(async () => {})).rejects.toThrow("Cannot tell a pause: the thread was never free");
});

function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "yoi-profile-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
