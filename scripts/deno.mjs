/**
 * The project's own Deno for a machine without one: `npm run deno -- task start`.
 */
import process from "node:process";
import { become, findDeno } from "./engines.mjs";
import { ensureInstalled } from "./install.mjs";

await ensureInstalled();
const deno = findDeno();
if (!deno) throw new Error("Cannot run Deno: it is not among the installed packages of this platform");
await become([deno, ...process.argv.slice(2)]);
