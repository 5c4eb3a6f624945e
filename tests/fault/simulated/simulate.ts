/**
 * Simulations in processes of their own, for tests.
 *
 * Owns the starting of `main.ts` and the reading of its last line. A simulation replaces its process's globals, so it can't
 * share the test's.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const Result = z.object({
  runs: z.number(),
  failed: z.array(z.object({ seed: z.number(), rules: z.array(z.string()) })),
  seconds: z.number(),
  digest: z.optional(z.number()),
});

/** What a process of simulations came to, and what it printed before that. */
export type Simulation = z.infer<typeof Result> & { readonly output: string };

/** No simulation takes so long. */
const MAX_MS = 600_000;

/**
 * Runs `main.ts`, with a planted bug where one is named.
 *
 * @throws Error where the process ends without a result, e.g. because the bug has no place
 */
export async function simulate(args: readonly string[], mutant?: string): Promise<Simulation> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const child = spawn(
    process.execPath,
    ["--import", "./tests/fault/simulated/register-hooks.mjs", "tests/fault/simulated/main.ts", ...args],
    {
      cwd: ROOT,
      timeout: MAX_MS,
      stdio: ["ignore", "pipe", "pipe"],
      // A test's own conditions are none of a simulation's.
      env: { PATH: process.env["PATH"], ...(mutant === undefined ? {} : { FAULT_MUTANT: mutant }) },
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  child.on("close", () => resolve());
  await promise;
  const last = output
    .trimEnd()
    .split("\n")
    .findLast((line) => line.startsWith('{"runs"'));
  if (last === undefined) throw new Error(`The simulation has no result:\n${output}`);
  return { ...Result.parse(JSON.parse(last)), output };
}
