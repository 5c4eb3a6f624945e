/**
 * Where records go that can't be read.
 *
 * Owns the table of what was set aside: the row as it was, why, and when, so that somebody may look at it. What can't be
 * set aside, because the disk is full or can't be written to, stays where it is and is skipped all the same. Runs in the
 * store's thread.
 */
import type { DatabaseSync } from "node:sqlite";
import * as z from "zod/mini";
import type { SetAside } from "./sqlite-messages.ts";

/** What a row was. */
export type QuarantineKind = "runtime" | "config_bundle" | "worker" | "checkpoint" | "entry" | "submission" | "event";

/** A row to set aside. */
export interface BadRow {
  readonly kind: QuarantineKind;
  /** Id of its Worker, where it has one. */
  readonly worker: string | null;
  readonly reason: string;
  /** The row as it was, for people. */
  readonly row: unknown;
  /** Takes the row's place: removes it, or replaces it. */
  readonly replace: () => void;
}

const Counts = z.array(z.object({ kind: z.string(), worker: z.nullable(z.string()), count: z.number() }));
const REASON_MAX_CHARS = 500;

/** The quarantine of one store. */
export class Quarantine {
  readonly #database: DatabaseSync;
  /** What could not be written there. */
  readonly #skipped: Map<string, SetAside>;
  #changed = true;

  /** @param skipped What another quarantine of the same store could not write */
  constructor(database: DatabaseSync, skipped: ReadonlyMap<string, SetAside> = new Map()) {
    this.#database = database;
    this.#skipped = new Map(skipped);
  }

  /** What could not be set aside. */
  get skipped(): ReadonlyMap<string, SetAside> {
    return this.#skipped;
  }

  /** Sets rows aside, all of them or none. */
  take(rows: readonly BadRow[]): void {
    if (rows.length === 0) return;
    this.#changed = true;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      const add = this.#database.prepare(
        "INSERT INTO quarantine (ts, kind, worker, reason, record) VALUES (?, ?, ?, ?, ?)",
      );
      for (const { kind, worker, reason, row, replace } of rows) {
        add.run(Date.now(), kind, worker, reason.slice(0, REASON_MAX_CHARS), textOf(row));
        replace();
      }
      this.#database.exec("COMMIT");
    } catch {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      for (const { kind, worker } of rows) {
        const key = `${kind} ${worker}`;
        this.#skipped.set(key, { kind, worker, count: (this.#skipped.get(key)?.count ?? 0) + 1 });
      }
    }
  }

  /** All that has been set aside, or null where nothing has changed since this was asked before. */
  news(): readonly SetAside[] | null {
    if (!this.#changed) return null;
    this.#changed = false;
    const query = "SELECT kind, worker, count(*) AS count FROM quarantine GROUP BY kind, worker ORDER BY worker, kind";
    return [...Counts.parse(this.#database.prepare(query).all()), ...this.#skipped.values()];
  }
}

function textOf(row: unknown): string {
  return JSON.stringify(row, (_key, value: unknown) => {
    if (value instanceof Uint8Array) return `${value.length} bytes`;
    return typeof value === "bigint" ? String(value) : value;
  });
}
