/**
 * How the sources become what runs: the browser's files in `dist/client` (hashed, listed in `manifest.json`), and the
 * programs of Node and Deno in `dist/server`; development and the tests use the same plugins.
 * `scripts/build.mjs` calls both builds, `server/dev.ts` runs it in middleware mode.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import preact from "@preact/preset-vite";
import { defineConfig, type Plugin, type Rolldown } from "vite";

/** Text imports (`with { type: "text" }`) as Deno has them: the build drops the attribute and would parse prose as code. */
export function textImports(): Plugin {
  return {
    name: "text-imports",
    transform: {
      filter: { id: /\.md$/ },
      handler: (source) => ({ code: `export default ${JSON.stringify(source)};`, map: null, moduleType: "js" }),
    },
  };
}

/**
 * `import()` as the browser has it. Vite would wrap it in a helper, in every page's first load, that fetches a chunk's own
 * imports ahead and its style sheets; chunks here share little beyond what a page has already, and all style is in one file.
 */
function plainImports(): Plugin {
  const id = /^\0?vite\/preload-helper/;
  return {
    name: "plain-imports",
    enforce: "pre",
    resolveId: { filter: { id }, handler: (source) => source },
    load: { filter: { id }, handler: () => "export const __vitePreload = (load) => load();" },
  };
}

/** The packages and the contract, of which the entry's file gets what the entry itself uses. */
const FIRST_LOAD = /\/node_modules\/(?:preact|@preact|zod)\/|\/protocol\//;

/** The programs that run from `dist/server`, by the name of their output. */
const programs = {
  node: "server/node.ts",
  runtime: "runtime/node.ts",
  deno: "server/deno.ts",
  "deno-runtime": "runtime/deno.ts",
  "sqlite-thread": "runtime/store/sqlite-thread.ts",
};

/** What programs load as they start, each with all that it imports. */
const START_PARTS = [
  "runtime/store/sqlite-thread.ts",
  "server/node-start.ts",
  "server/workspace.ts",
  "runtime/node-start.ts",
  "runtime/node-listen.ts",
];

/**
 * Few files for a start, since finding and linking each takes longer than reading it: modules that the same parts of a
 * start need are one. Without this, everything that is loaded later, by whoever, would cut them into dozens.
 */
function startGroups(): CodeSplittingNameFunction {
  let parts: readonly ReadonlySet<string>[] | undefined;
  return (id, graph) => {
    parts ??= START_PARTS.map((path) => reach(resolve(path)));
    const needs = parts.flatMap((part, index) => (part.has(id) ? [index] : []));
    return needs.length === 0 || graph.getModuleInfo(id)?.isEntry ? null : `start-${needs.join("")}`;

    function reach(from: string): ReadonlySet<string> {
      const found = new Set([from]);
      for (const next of found)
        for (const imported of graph.getModuleInfo(next)?.importedIds ?? []) found.add(imported);
      return found;
    }
  };
}

type CodeSplittingNameFunction = Extract<Rolldown.CodeSplittingGroup["name"], (...args: never[]) => unknown>;

export default defineConfig(({ isSsrBuild, mode }) => ({
  plugins: [textImports(), plainImports(), preact()],
  appType: "custom",
  // Icons and the like: files whose names must stay as they are.
  publicDir: isSsrBuild ? false : "islands/public",
  // The browser's files find each other wherever the app is served.
  base: isSsrBuild ? "/" : "./",
  // With their packages inside: finding and reading hundreds of modules is what a start would otherwise wait for.
  ssr: isSsrBuild ? { noExternal: true } : {},
  build: isSsrBuild
    ? {
        outDir: "dist/server",
        ssr: true,
        target: "node24",
        sourcemap: true,
        rolldownOptions: {
          input: Object.fromEntries(Object.entries(programs).filter(([, path]) => existsSync(path))),
          output: {
            // All in one folder: a program that starts another finds it beside itself, from whatever chunk.
            chunkFileNames: "[name]-[hash].js",
            // Not where peers are built beside the server: each of them loads what is its own.
            ...(mode === "bench"
              ? {}
              : {
                  codeSplitting: {
                    includeDependenciesRecursively: false,
                    groups: [{ name: startGroups(), debugName: "start" }],
                  },
                }),
          },
        },
      }
    : {
        outDir: "dist/client",
        manifest: "manifest.json",
        // What later parts import is fetched by nobody ahead: a list of it would be in what every page loads first.
        modulePreload: false,
        rolldownOptions: {
          input: "islands/main.tsx",
          // What every page loads first, in one file beside the entry: many small ones compress badly.
          output: { codeSplitting: { groups: [{ name: "base", test: FIRST_LOAD, tags: ["$initial"] }] } },
        },
      },
}));
