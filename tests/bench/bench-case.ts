/**
 * What a case of the bench is.
 *
 * Owns the interface. A case is one file in `cases/`, named like the case; `bench.ts` lists them.
 */
import type { Chart, Target, Value } from "./harness/chart.ts";
import type { ProfileSection } from "./harness/profile-table.ts";
import type { Table } from "./harness/table.ts";

/** A figure against what was aimed at. */
export interface Goal {
  /** `first load under 40 kB`. */
  readonly text: string;
  readonly isMet: boolean;
  /** The same as figures, for the overview. Absent where a goal is more than one figure (`harness/goal.ts` makes them). */
  readonly measured?: Measured;
}

/** What came of a goal. */
export interface Measured {
  /** `Node: time to the first page`. */
  readonly what: string;
  /** As it goes on after a figure: `times bare Hono`. */
  readonly unit: string;
  readonly reached: Value;
  readonly target: Target;
}

/** What a case found. */
export interface CaseResult {
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
  /** Sentences that the tables need to be read rightly. */
  readonly notes: readonly string[];
  /** What a look should tell, each drawn beside the tables; the ratios among them are held to agree between runs. */
  readonly charts?: readonly Chart[];
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

/** Takes a profile, in rounds of its own where none are said. */
export type TakeProfile = (options: BenchOptions) => Promise<readonly ProfileSection[]>;

/** One question that the bench answers. */
export interface BenchCase {
  /** As it is called on the command line and in the document, e.g. `fan-out`. */
  readonly name: string;
  readonly run: (options: BenchOptions) => Promise<CaseResult>;
  /** Whether load and servers have processors of their own meanwhile (`harness/apart.ts`). */
  readonly isLoadApart?: boolean;
  /** Past this it stands still, and is given up. Many times what it takes. */
  readonly timeoutMs?: number;
  /**
   * What explains the figures: CPU profiles of the servers that the case starts, of what they do once they listen or of
   * their start too; or what the case itself knows to take. Where this is left out, there is nothing to explain.
   */
  readonly profiled?: "serving" | "start" | TakeProfile;
}
