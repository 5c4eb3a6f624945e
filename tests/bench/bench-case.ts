/**
 * What a case of the bench is.
 *
 * Owns the interface. A case is one file in `cases/`, named like the case; `bench.ts` lists them.
 */
import type { Table } from "./harness/table.ts";

/** A figure against what was aimed at. */
export interface Goal {
  /** `first load under 40 kB`. */
  readonly text: string;
  readonly isMet: boolean;
}

/** What a case found. */
export interface CaseResult {
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  /** Sentences that the tables need to be read rightly. */
  readonly notes: readonly string[];
}

/** What the command line changes of a case. */
export interface BenchOptions {
  /** Rounds instead of the case's own, for a look at whether it works. */
  readonly rounds?: number;
  /** How long a case lasts that goes on for minutes, instead of its own time. */
  readonly minutes?: number;
  /** Whether a case that has a longer form takes it. */
  readonly isLong: boolean;
}

/** One question that the bench answers. */
export interface BenchCase {
  /** As it is called on the command line and in the document, e.g. `fan-out`. */
  readonly name: string;
  readonly run: (options: BenchOptions) => Promise<CaseResult>;
  /** Takes so long that it runs only where it is named; false where this is left out. */
  readonly isByNameOnly?: boolean;
  /** Past this it stands still, and is given up. Many times what it takes. */
  readonly timeoutMs?: number;
}
