/**
 * Simulated faults, as many as are asked for, on two cores: `npm run fault:simulate -- --schedules 1000000 [--from 1]`.
 * `--seed 7` repeats one run and shrinks it where it fails. `docs/faults.md` tells what is simulated.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { commandFor, root } from "./engines.mjs";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    from: { type: "string", default: "1" },
    schedules: { type: "string", default: "20000" },
  },
});
const lanes = values.seed === undefined ? Math.min(availableParallelism(), Number(values.schedules)) : 1;
const start = performance.now();
const results = await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
const runs = results.reduce((sum, result) => sum + result.runs, 0);
const failed = results.flatMap((result) => result.failed.map(({ seed }) => seed));
const seconds = (performance.now() - start) / 1_000;
console.log(
  `${runs} schedules, ${failed.length} failed, ${seconds.toFixed(1)} s (${Math.round(runs / seconds)} a second)` +
    (failed.length > 0 ? `; failing seeds: ${failed.join(", ")}` : ""),
);
// None at all proves nothing: the number was none.
process.exitCode = runs === 0 || failed.length > 0 || results.some(({ code }) => code !== 0) ? 1 : 0;

/** One process; what it finds is printed as it comes. */
function runLane(lane) {
  const { seed, from, schedules } = values;
  const share = Math.ceil((Number(schedules) - lane) / lanes);
  const work =
    seed === undefined
      ? ["--from", String(Number(from) + lane), "--stride", String(lanes), "--schedules", String(share)]
      : ["--seed", seed];
  const hooks = ["--import", "./tests/fault/simulated/register-hooks.mjs"];
  const [program, ...args] = commandFor("node", [...hooks, "tests/fault/simulated/main.ts", ...work]);
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    let last = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      const lines = (last + text).split("\n");
      last = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith('{"runs"')) last = `${line}\n`;
        else console.log(line);
      }
    });
    child.on("close", (code) =>
      resolve({ code, ...(last.startsWith("{") ? JSON.parse(last) : { runs: 0, failed: [] }) }),
    );
  });
}
