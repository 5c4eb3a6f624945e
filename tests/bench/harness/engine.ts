/**
 * The engines that the figures are taken on.
 *
 * Owns their names and command lines, which are those of `npm start` and `deno task start`.
 */
import process from "node:process";
import { pathToFileURL } from "node:url";

/** An engine's name. */
export type Engine = "node" | "deno";

/** All of them, in the order of the tables. */
export const ENGINES = ["node", "deno"] as const satisfies readonly Engine[];

/** For people. */
export const ENGINE_LABELS: Readonly<Record<Engine, string>> = { node: "Node", deno: "Deno" };

/** What starts the server: the build. */
export const SERVER_PROGRAMS: Readonly<Record<Engine, string>> = {
  node: "dist/server/node.js",
  deno: "dist/server/deno.js",
};

/** What starts the Runtime's process: the build. */
export const RUNTIME_PROGRAMS: Readonly<Record<Engine, string>> = {
  node: "dist/server/runtime.js",
  deno: "dist/server/deno-runtime.js",
};

/** What starts this bench: the build on Node, the sources on Deno. */
export function benchProgram(engine: Engine): string {
  return engine === "node" ? (process.argv[1] ?? "") : "tests/bench/main.ts";
}

/** The command line of a script on the pinned Bun, which is fetched where it is missing. Only peers run on it. */
export async function bunCommandOf(script: string, ...args: string[]): Promise<[string, ...string[]]> {
  const finder = pathToFileURL(`${process.cwd()}/scripts/bun.mjs`).href;
  const { ensureBun }: { ensureBun: () => Promise<string> } = await import(/* @vite-ignore */ finder);
  return [await ensureBun(), script, ...args];
}

/** The command line of a script on an engine, e.g. `["/…/node", "dist/server/node.js"]`. */
export async function commandOf(engine: Engine, script: string, ...args: string[]): Promise<[string, ...string[]]> {
  // By its address: the finder looks from its own place for what is installed, so it must not be bundled.
  const finder = pathToFileURL(`${process.cwd()}/scripts/engines.mjs`).href;
  const { commandFor }: { commandFor: (engine: Engine, script: string[]) => [string, ...string[]] } = await import(
    /* @vite-ignore */ finder
  );
  return commandFor(engine, [script, ...args]);
}
