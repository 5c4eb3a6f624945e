/**
 * The benchmarks' one entry, on either engine.
 *
 * Owns the choice between the bench itself and the programs that it starts as processes of their own. It imports nothing
 * of both before it knows, so that a program starts as fast as if it stood alone. `scripts/bench.mjs` builds and runs it.
 */
import process from "node:process";

const [first, name] = process.argv.slice(2);
if (first === "--program") {
  const { startProgram } = await import("./programs/programs.ts");
  await startProgram(name ?? "");
} else {
  const { runBench } = await import("./bench.ts");
  process.exit(await runBench(process.argv.slice(2)));
}
