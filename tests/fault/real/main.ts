/** The command `npm run fault`: runs what its flags ask for; `fault.ts` says what that may be. */
import process from "node:process";
import { runFault } from "./fault.ts";

// The processes that were started end with this one: by its exit, which a signal alone would skip.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
process.exitCode = await runFault(process.argv.slice(2));
// What a test's network leaves behind must not keep the command.
process.exit();
