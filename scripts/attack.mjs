/**
 * Sends generated bad requests to real servers (`tests/attack`) with the flags that it is given, on the build.
 */
import process from "node:process";
import { commandFor, run } from "./engines.mjs";

process.exitCode = await run(commandFor("node", ["tests/attack/main.ts", ...process.argv.slice(2)]));
