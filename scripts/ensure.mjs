/**
 * The way in for every command: `ensure.mjs [--build] [--deno] <script> [arguments…]` installs the packages when they are
 * missing or stale, builds when asked to and a source is newer, and then becomes the script, run by the project's own
 * Node (or Deno). It runs on any Node from 20 on and on Deno, and imports nothing that would have to be installed first.
 */
import process from "node:process";
import { isBuilt } from "./build.mjs";
import { become, commandFor, root, run } from "./engines.mjs";
import { ensureInstalled } from "./install.mjs";

const [flags, command] = split(process.argv.slice(2));

try {
  process.chdir(root);
  await ensureInstalled();
  if (flags.includes("--build") && !isBuilt()) {
    const code = await run(commandFor("any", ["scripts/build.mjs"]));
    if (code !== 0) process.exit(code);
  }
  await become(commandFor(flags.includes("--deno") ? "deno" : "any", command));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

/** The flags in front of the script are for this file, everything after it is the script's own. */
function split(args) {
  const index = args.findIndex((argument) => !argument.startsWith("--"));
  if (index === -1) throw new Error("Cannot start: no script is named");
  return [args.slice(0, index), args.slice(index)];
}
