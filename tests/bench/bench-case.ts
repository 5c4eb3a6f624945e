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

/** One question that the bench answers. */
export interface BenchCase {
  /** As it is called on the command line and in the document, e.g. `fan-out`. */
  readonly name: string;
  readonly run: () => Promise<CaseResult>;
}
