/** How much of a disk a conversation takes, against its own text. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSqliteStore } from "../../runtime/store/sqlite.ts";
import { makeDataFolder, removeDataFolder } from "../support/data-folder.ts";
import { ensureCompanion, openRuntimeFixture, COMPANION } from "../support/runtime-fixture.ts";
import { stop, text } from "../support/scripted-model.ts";

const ANSWERS = 10;
const PIECES = 10_000;
const PIECE = "twenty letters, yes ";
/** Each text stands twice, as an event and as an entry, and SQLite keeps some pages free. */
const MOST_PER_CHAR = 4;

test("a file of finished conversations stays within a small multiple of their text, whatever the number of pieces", async () => {
  const folder = makeDataFolder();
  try {
    const path = join(folder, "store.sqlite");
    const store = await openSqliteStore({ path, sync: "normal", maxBytes: null });
    const script = [...Array.from({ length: PIECES }, () => text(PIECE)), stop];
    const subject = await openRuntimeFixture({ store, scripts: Array.from({ length: ANSWERS }, () => script) });
    await ensureCompanion(subject.runtime);
    for (let answer = 0; answer < ANSWERS; answer += 1) {
      await subject.runtime.sendInput(COMPANION, { content: "Go on" });
      const isIdle = async () => (await subject.runtime.getWorker(COMPANION)).execution.run_state === "idle";
      await expect.poll(isIdle, { timeout: 30_000 }).toBe(true);
    }
    // The pieces of a finished text are kept for a while only.
    await subject.clock.advance(20 * 60_000);
    await subject.runtime[Symbol.asyncDispose]();
    const chars = ANSWERS * PIECES * PIECE.length;
    expect(statSync(path).size / chars).toBeLessThan(MOST_PER_CHAR);
  } finally {
    removeDataFolder(folder);
  }
});
