/**
 * What the doctor finds: one line for each thing that was looked at, and what to do where it is not well.
 *
 * Owns the shape and how it is printed. No finding names a secret; addresses stand in it without what may be a password.
 */

/** How one thing is. */
export interface Finding {
  readonly status: "ok" | "warn" | "fail";
  /** What was looked at, e.g. `store` or `runtime lab`. */
  readonly subject: string;
  /** What was found, without a full stop. */
  readonly found: string;
  /** What to do; null: nothing. */
  readonly advice: string | null;
}

/** How findings are printed. */
export type FindingFormat = "text" | "json";

const SUBJECT_CHARS = 18;

/** Nothing is to be done. */
export const ok = (subject: string, found: string): Finding => ({ status: "ok", subject, found, advice: null });
/** It works, and may not for long or not as it should. @param advice What to do, as a sentence */
export const warn = (subject: string, found: string, advice: string): Finding => ({
  status: "warn",
  subject,
  found,
  advice,
});
/** It does not work. @param advice What to do, as a sentence */
export const fail = (subject: string, found: string, advice: string): Finding => ({
  status: "fail",
  subject,
  found,
  advice,
});

/** The lines of a finding. */
export function printFinding({ status, subject, found, advice }: Finding): string {
  const line = `${status.padEnd(4)}  ${subject.padEnd(SUBJECT_CHARS)}  ${found}`;
  return advice === null ? line : `${line}\n${" ".repeat(8 + SUBJECT_CHARS)}-> ${advice}`;
}

/** All findings as JSON: `{"findings":[{"status":"ok","subject":"store",…}]}`. */
export function printFindings(findings: readonly Finding[]): string {
  return JSON.stringify({ findings }, null, 2);
}
