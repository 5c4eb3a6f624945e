/** A folder for a SQLite store that goes with its test, and the store in it, opened as often as the test wants. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { SqliteFileOptions } from "../../runtime/store/sqlite-file.ts";
import { openSqliteStore, type SqliteOpening } from "../../runtime/store/sqlite.ts";
import type { RuntimeStore } from "../../runtime/store/store.ts";

/** A folder with room for one store. */
export class StoreFolder implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "yoi-store-"));
  /** Of the database. */
  readonly path = join(this.folder, "data", "runtime.sqlite");

  open(options: Partial<SqliteFileOptions> = {}, opening: SqliteOpening = {}): Promise<RuntimeStore> {
    return openSqliteStore({ path: this.path, sync: "normal", maxBytes: null, ...options }, opening);
  }

  /** Opens the store, uses it, and closes it. */
  async use<Value>(use: (store: RuntimeStore) => Promise<Value>): Promise<Value> {
    await using store = await this.open();
    return await use(store);
  }

  /** Changes the file behind the store's back; only while nobody has it open. */
  edit(statements: string): void {
    using database = this.database();
    database.exec(statements);
  }

  /** What a query finds in the file; only while nobody has it open. */
  query(statement: string): Record<string, unknown>[] {
    using database = this.database();
    return database.prepare(statement).all();
  }

  /** A reader in the midst of a store that is open: whatever is written then, SQLite's log does not begin anew. */
  reading(): Disposable {
    const database = this.database();
    database.exec("BEGIN");
    database.prepare("SELECT count(*) FROM facts").get();
    return database;
  }

  private database(): DatabaseSync & Disposable {
    const database = new DatabaseSync(this.path);
    return Object.assign(database, { [Symbol.dispose]: () => database.close() });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
