/**
 * The conformance kit's entry, on either engine: `npm run conformance -- URL [--token-env NAME]`.
 *
 * Owns printing and the exit code: 0 when nothing fails, 1 when something does, 2 when nothing could be judged because of
 * the command line. An interrupt ends the check under way and still stops the Workers that were made.
 */
import process from "node:process";
import { readCommandLine, type CommandLine } from "./command-line.ts";
import { judgeRuntime } from "./conformance.ts";
import { countOutcomes, renderReport } from "./report.ts";

async function judge({ options, isJson }: CommandLine): Promise<number> {
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const isTerminal = process.stderr.isTTY && !isJson;
  const { results, left } = await judgeRuntime({
    ...options,
    signal: interrupt.signal,
    onResult: ({ section, name, outcome }) => {
      if (isTerminal) process.stderr.write(`${outcome.kind.padEnd(8)} ${section}: ${name}\n`);
    },
  });
  if (isJson) console.log(JSON.stringify({ results, counts: countOutcomes(results), left }, null, 2));
  else console.log(renderReport(results));
  if (left.length > 0) console.error(`Workers that could not be stopped:\n${left.join("\n")}`);
  return countOutcomes(results).fails > 0 || interrupt.signal.aborted ? 1 : 0;
}

function commandLine(): CommandLine | null {
  try {
    return readCommandLine(process.argv.slice(2), process.env);
  } catch (error) {
    console.error(`Cannot judge a Runtime: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

const wanted = commandLine();
process.exit(wanted === null ? 2 : await judge(wanted));
