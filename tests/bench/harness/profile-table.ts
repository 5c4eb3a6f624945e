/**
 * What a profile says, for people.
 *
 * Owns its form: a sentence and a table. Most tables are of shares, with a column for each subject, the largest part first.
 */
import { sharesOf, type PartShare, type PartTimes } from "./profile.ts";
import type { Table } from "./table.ts";

/** One table of a profile, and the sentence above it. */
export interface ProfileSection {
  /** `Where the time goes, by CPU profiles: …` */
  readonly says: string;
  readonly table: Table;
}

/** Where something of one subject went. */
export interface Breakdown {
  /** `server on Node`. */
  readonly subject: string;
  readonly parts: readonly PartShare[];
  /** All of it, in the unit that the table says. */
  readonly total: number;
}

/** What the tables of processor time are called. */
export const TIME_HEAD = "where the time goes";
/** The last row of tables of processor time. */
export const BUSY = "busy, ms";
/** So many parts have a row of their own. */
const MOST_PARTS = 12;

/** Less than this has no name. */
const LEAST_SHARE = 0.003;
const MICROSECONDS_PER_MS = 1_000;

/** CPU profiles of one subject as a column. */
export function breakdownOf(subject: string, profiles: readonly PartTimes[]): Breakdown {
  const busyUs = profiles.flatMap((one) => [...one.values()]).reduce((sum, timeUs) => sum + timeUs, 0);
  return { subject, parts: sharesOf(profiles, LEAST_SHARE), total: Math.round(busyUs / MICROSECONDS_PER_MS) };
}

/** @param head What the parts are; @param total what the last row has */
export function sharesTable(head: string, total: string, columns: readonly Breakdown[]): Table {
  const shareOf = ({ parts }: Breakdown, part: string): number => parts.find((one) => one.part === part)?.share ?? 0;
  const weight = (part: string): number => Math.max(...columns.map((column) => shareOf(column, part)));
  const names = [...new Set(columns.flatMap(({ parts }) => parts.map(({ part }) => part)))];
  const shown = names.toSorted((a, b) => weight(b) - weight(a)).slice(0, MOST_PARTS);
  const restOf = (column: Breakdown): number => 1 - shown.reduce((sum, part) => sum + shareOf(column, part), 0);
  return {
    head: [head, ...columns.map(({ subject }) => subject)],
    rows: [
      ...shown.map((part) => [part, ...columns.map((column) => percent(shareOf(column, part)))]),
      ["all else", ...columns.map((column) => percent(restOf(column)))],
      [total, ...columns.map((column) => column.total.toLocaleString("en-US"))],
    ],
  };
}

function percent(share: number): string {
  return share < 0.005 ? "" : `${Math.round(share * 100)} %`;
}
