/**
 * What a test may do inside a process that it has started: move its wall clock, and ask for the size of its heap.
 *
 * Loaded before the program (`--import`). Commands stand in the file that `FAULT_CONTROL_FILE` names, and are taken at
 * SIGUSR2; the answer is written beside it.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const file = process.env["FAULT_CONTROL_FILE"];
const wallClock = Date.now.bind(Date);
let shiftMs = 0;

setFlagsFromString("--expose-gc");
// why: the flag has just defined it.
const collect = runInNewContext("gc") as () => void;

Date.now = () => wallClock() + shiftMs;

if (file !== undefined) {
  process.on("SIGUSR2", () => {
    // why: the test that started this process wrote it.
    const command = JSON.parse(readFileSync(file, "utf8")) as { readonly shiftMs?: number };
    if (command.shiftMs !== undefined) shiftMs = command.shiftMs;
    collect();
    const { heapUsed, external, rss } = process.memoryUsage();
    writeFileSync(`${file}.part`, JSON.stringify({ heapUsed, external, rss }));
    renameSync(`${file}.part`, `${file}.answer`);
  });
}
