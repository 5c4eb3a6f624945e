/** The command `npm run fault`: runs what its flags ask for; `fault.ts` says what that may be. */
import process from "node:process";
import { runFault } from "./fault.ts";

process.exitCode = await runFault(process.argv.slice(2));
// What a test's network leaves behind must not keep the command.
process.exit();
