/**
 * What explains the figures of `viewer-memory`: what a viewer adds to the heap, by constructor, and to what is resident.
 *
 * Owns the table. Who is weighed, and when, is the case's.
 */
import type { ProfileSection } from "../harness/profile-table.ts";

/** What a viewer adds to a process, in bytes. */
export interface Held {
  readonly subject: string;
  /** To the heap, by constructor. */
  readonly parts: ReadonlyMap<string, number>;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

/** So many constructors have a row of their own. */
const MOST_PARTS = 10;

/** The largest constructors of all who were weighed. */
export function profileHeld(held: readonly Held[]): readonly ProfileSection[] {
  const bytesOf = ({ parts }: Held, name: string): number => parts.get(name) ?? 0;
  const names = [...new Set(held.flatMap(({ parts }) => [...parts.keys()]))];
  const weight = (name: string): number => Math.max(...held.map((one) => bytesOf(one, name)));
  const shown = names.toSorted((a, b) => weight(b) - weight(a)).slice(0, MOST_PARTS);
  const rest = (one: Held): number => sum([...one.parts.values()]) - sum(shown.map((name) => bytesOf(one, name)));
  const row = (label: string, of: (one: Held) => number) => [label, ...held.map((one) => count(of(one)))];
  return [
    {
      says: "What a viewer holds, by snapshots of the heap: bytes that each one more adds, by constructor. What is resident beside the heap is the engine's own: the sockets, their buffers, and what its allocators keep in reserve.",
      table: {
        head: ["bytes per viewer", ...held.map(({ subject }) => subject)],
        rows: [
          ...shown.map((name) => row(name, (one) => bytesOf(one, name))),
          row("all else", rest),
          row("heap", ({ heapBytes }) => heapBytes),
          row("resident beside it", ({ heapBytes, residentBytes }) => residentBytes - heapBytes),
        ],
      },
    },
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function count(bytes: number): string {
  return Math.round(bytes).toLocaleString("en-US");
}
