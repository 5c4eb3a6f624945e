/**
 * The bench's command line: which cases, and how.
 *
 * Owns the words and what is said of a wrong one.
 */
import { parseArgs } from "node:util";
import * as z from "zod/mini";
import type { BenchCase, BenchOptions } from "./bench-case.ts";

/** `["hop", "--rounds", "3"]`, read. */
export interface BenchOrder {
  readonly cases: readonly BenchCase[];
  readonly options: BenchOptions;
  /** How often each case is measured, whole; 0 where only profiles are taken, or only the page is written. */
  readonly runs: number;
  /** Which cases are profiled after that: those that were asked for, or of them those that missed a goal. */
  readonly profiled: "none" | "all" | "missed";
  /** Whether what is found goes into the document. */
  readonly isWritten: boolean;
}

const Count = z.optional(z.pipe(z.string().check(z.regex(/^[1-9]\d{0,3}$/)), z.transform(Number)));
const Flag = z.optional(z.boolean());
const Values = z.object({
  rounds: Count,
  minutes: Count,
  runs: Count,
  long: Flag,
  profile: Flag,
  redraw: Flag,
  write: Flag,
});

/**
 * Reads the words after `npm run bench --`.
 *
 * @throws RangeError in words for whoever typed them
 */
export function parseCommandLine(args: readonly string[], all: readonly BenchCase[]): BenchOrder {
  const { values, positionals } = split(args);
  const unknown = positionals.filter((name) => !all.some((one) => one.name === name));
  if (unknown.length > 0) {
    throw new RangeError(
      `Cannot measure ${unknown.join(", ")}: the cases are ${all.map(({ name }) => name).join(", ")}`,
    );
  }
  const { rounds, minutes, runs, long = false, profile = false, redraw = false, write = false } = values;
  if (write && rounds !== undefined) throw new RangeError("Cannot write figures of other rounds than a case's own");
  if (redraw && args.length > 1) throw new RangeError("Cannot measure: --redraw stands alone, it writes what is kept");
  const isProfiledOnly = profile && runs === undefined;
  const chosen = positionals.length === 0 ? all : all.filter(({ name }) => positionals.includes(name));
  const cases = isProfiledOnly ? chosen.filter(({ profiled }) => profiled !== undefined) : chosen;
  if (cases.length === 0) {
    throw new RangeError(`Cannot profile ${positionals.join(", ")}: there is nothing that explains its figures`);
  }
  return {
    cases: redraw ? [] : cases,
    options: {
      isLong: long,
      ...(rounds === undefined ? {} : { rounds }),
      ...(minutes === undefined ? {} : { minutes }),
    },
    runs: isProfiledOnly || redraw ? 0 : (runs ?? 1),
    profiled: isProfiledOnly ? "all" : profile ? "missed" : "none",
    isWritten: write || redraw,
  };
}

function split(args: readonly string[]): { readonly values: z.infer<typeof Values>; readonly positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        minutes: { type: "string" },
        runs: { type: "string" },
        long: { type: "boolean" },
        profile: { type: "boolean" },
        redraw: { type: "boolean" },
        write: { type: "boolean" },
      },
    });
    return { values: Values.parse(values), positionals };
  } catch (error) {
    if (error instanceof z.core.$ZodError)
      throw new RangeError("Cannot measure: --rounds, --minutes and --runs take a whole number from 1 to 9999");
    throw new RangeError(`Cannot measure: ${error instanceof Error ? error.message : String(error)}`);
  }
}
