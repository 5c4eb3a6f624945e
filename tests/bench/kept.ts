/**
 * What the bench keeps of a case: its figures and its profile, each in a file beside the charts.
 *
 * Owns the two shapes and their files. The cases are measured at different times, and the page is made of whatever is kept
 * (`page.ts`).
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as z from "zod/mini";
import type { Agreement } from "./agreement.ts";
import type { CaseResult } from "./bench-case.ts";
import type { ProfileSection } from "./harness/profile-table.ts";

/** Where charts and figures are, from the project's folder. */
export const KEPT_FOLDER = "docs/performance";
/** As many digits as anybody looks at, and a few to spare. */
const KEPT_DIGITS = 6;

const Estimate = z.object({ median: z.number(), low: z.number(), high: z.number() });
const Value = z.union([z.number(), Estimate]);
const Target = z.union([z.object({ atMost: z.number() }), z.object({ atLeast: z.number() })]);
const Bar = z.object({ label: z.string(), value: Value, isPeer: z.optional(z.boolean()) });
const Chart = z.object({
  title: z.string(),
  unit: z.string(),
  isRatio: z.boolean(),
  bars: z.array(Bar),
  target: z.optional(Target),
});
const Goal = z.object({
  text: z.string(),
  isMet: z.boolean(),
  measured: z.optional(z.object({ what: z.string(), unit: z.string(), reached: Value, target: Target })),
});
const Table = z.object({
  head: z.array(z.string()),
  rows: z.array(z.array(z.string())),
  wordColumns: z.optional(z.number()),
});
const Result = z.object({
  tables: z.array(Table),
  goals: z.array(Goal),
  notes: z.array(z.string()),
  charts: z.optional(z.array(Chart)),
});

/** A case's figures, with when and on what they were measured. */
export interface KeptFigures {
  /** `2026-01-31`. */
  readonly measuredOn: string;
  readonly machine: string;
  readonly result: CaseResult;
  /** Null where it was run once, or has no ratios. */
  readonly agreement: Agreement | null;
}
const KeptFigures: z.ZodMiniType<KeptFigures> = z.object({
  measuredOn: z.string(),
  machine: z.string(),
  result: Result,
  agreement: z.nullable(z.object({ runs: z.number(), deviation: z.number(), what: z.string() })),
});

/** What explains a case's figures. */
export interface KeptProfile {
  /** `2026-01-31`. */
  readonly takenOn: string;
  readonly sections: readonly ProfileSection[];
}
const KeptProfile: z.ZodMiniType<KeptProfile> = z.object({
  takenOn: z.string(),
  sections: z.array(z.object({ says: z.string(), table: Table })),
});

/** All that is kept of a case; null where it is yet to be taken. */
export interface KeptCase {
  readonly name: string;
  readonly figures: KeptFigures | null;
  readonly profile: KeptProfile | null;
}

const figuresPath = (name: string): string => `${KEPT_FOLDER}/${name}.json`;
const profilePath = (name: string): string => `${KEPT_FOLDER}/${name}.profile.json`;

/** Reads what is kept of a case. @throws ZodError when a file is not what was kept */
export function readKept(name: string): KeptCase {
  const read = <Schema extends z.ZodMiniType>(path: string, schema: Schema): z.infer<Schema> | null =>
    existsSync(path) ? schema.parse(JSON.parse(readFileSync(path, "utf8"))) : null;
  return {
    name,
    figures: read(figuresPath(name), KeptFigures),
    profile: read(profilePath(name), KeptProfile),
  };
}

/** Keeps a case's figures instead of those before. @throws ZodError when one of them is no number */
export function keepFigures(name: string, figures: KeptFigures): void {
  write(figuresPath(name), KeptFigures.parse(figures));
}

/** Keeps a case's profile instead of the one before. */
export function keepProfile(name: string, profile: KeptProfile): void {
  write(profilePath(name), KeptProfile.parse(profile));
}

function write(path: string, value: unknown): void {
  const rounded = (_key: string, part: unknown): unknown =>
    typeof part === "number" ? Number(part.toPrecision(KEPT_DIGITS)) : part;
  mkdirSync(KEPT_FOLDER, { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, rounded, 1)}\n`);
}
