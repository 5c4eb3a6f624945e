/**
 * Runs faults against real processes (`tests/fault/real`) with the flags that it is given, on the build.
 */
import process from "node:process";
import { commandFor, run } from "./engines.mjs";

process.exitCode = await run(commandFor("node", ["tests/fault/real/main.ts", ...process.argv.slice(2)]));
