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
  /** Whether the figures go into the document. */
  readonly isWritten: boolean;
}

const Count = z.optional(z.pipe(z.string().check(z.regex(/^[1-9]\d{0,3}$/)), z.transform(Number)));
const Values = z.object({
  rounds: Count,
  minutes: Count,
  long: z.optional(z.boolean()),
  write: z.optional(z.boolean()),
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
  const { rounds, minutes, long = false, write = false } = values;
  if (write && rounds !== undefined) throw new RangeError("Cannot write figures of other rounds than a case's own");
  return {
    cases: all.filter((one) => (positionals.length === 0 ? one.isByNameOnly !== true : positionals.includes(one.name))),
    options: {
      isLong: long,
      ...(rounds === undefined ? {} : { rounds }),
      ...(minutes === undefined ? {} : { minutes }),
    },
    isWritten: write,
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
        long: { type: "boolean" },
        write: { type: "boolean" },
      },
    });
    return { values: Values.parse(values), positionals };
  } catch (error) {
    if (error instanceof z.core.$ZodError)
      throw new RangeError("Cannot measure: --rounds and --minutes take a whole number from 1 to 9999");
    throw new RangeError(`Cannot measure: ${error instanceof Error ? error.message : String(error)}`);
  }
}
