/** The Backend's cursor. */
import { describe, expect, test } from "vitest";
import { ClientCursor, CURSOR_MAX_CHARS, RuntimeCursor } from "../../protocol/cursor.ts";
import { ID_MAX_CHARS, WorkerRef } from "../../protocol/id.ts";
import { createCursorMint } from "../../server/client-cursor.ts";
import { problemCode } from "../support/problem-code.ts";

const inner = RuntimeCursor.parse("wo_3f9a01c20000002a");
const secret = (value: number) => new Uint8Array(32).fill(value);
const ref = (runtime: string, worker: string): WorkerRef => WorkerRef.parse({ runtime_id: runtime, worker_id: worker });
const mintOf = (runtime: string, worker: string, key = 1) => createCursorMint(secret(key), ref(runtime, worker));

describe("CursorMint", () => {
  test("unwraps what it has wrapped", async () => {
    const mint = await mintOf("r", "w");
    const cursor = mint.wrap(inner);
    expect(cursor).toMatch(/^bo_[A-Za-z0-9_-]{20}\.wo_3f9a01c20000002a$/);
    expect(ClientCursor.parse(cursor)).toBe(cursor);
    expect(mint.unwrap(cursor)).toBe(inner);
  });

  test("of the same secret and Worker takes the other's cursors: it needs no state", async () => {
    expect((await mintOf("r", "w")).unwrap((await mintOf("r", "w")).wrap(inner))).toBe(inner);
  });

  test("says that another Worker's is foreign, also one of the same id in another Runtime", async () => {
    const mint = await mintOf("r", "w");
    for (const other of [await mintOf("r", "x"), await mintOf("x", "w"), await mintOf("w", "r")]) {
      expect(await problemCode(() => mint.unwrap(other.wrap(inner)))).toBe("cursor_foreign");
    }
  });

  test("says that one of another secret is unknown, and so is one with a changed seal", async () => {
    const mint = await mintOf("r", "w");
    const cursor = mint.wrap(inner);
    const other = await mintOf("r", "w", 2);
    expect(await problemCode(() => mint.unwrap(other.wrap(inner)))).toBe("cursor_unknown");
    for (let index = 7; index < 23; index += 1) {
      const changed = cursor.slice(0, index) + (cursor[index] === "A" ? "B" : "A") + cursor.slice(index + 1);
      expect(await problemCode(() => mint.unwrap(changed))).toBe("cursor_unknown");
    }
    for (let index = 3; index < 7; index += 1) {
      const changed = cursor.slice(0, index) + (cursor[index] === "A" ? "B" : "A") + cursor.slice(index + 1);
      expect(await problemCode(() => mint.unwrap(changed))).toBe("cursor_foreign");
    }
  });

  test("says that everything else is malformed", async () => {
    const mint = await mintOf("r", "w");
    const cursor = mint.wrap(inner);
    const dot = cursor.indexOf(".");
    for (const broken of [
      "",
      "bo_",
      inner,
      cursor.slice(0, dot),
      cursor.slice(0, dot + 1),
      cursor.slice(1),
      ` ${cursor}`,
      `${cursor}\n`,
      `${cursor}/`,
      cursor.replace(".", "_"),
      cursor.slice(0, dot - 1) + cursor.slice(dot),
      `${cursor}${"0".repeat(CURSOR_MAX_CHARS)}`,
      "snapshot:" + cursor,
    ]) {
      expect(await problemCode(() => mint.unwrap(broken)), broken).toBe("cursor_malformed");
    }
  });

  test("fits the longest ids", async () => {
    const mint = await mintOf("r".repeat(ID_MAX_CHARS), "w".repeat(ID_MAX_CHARS));
    expect(mint.wrap(inner).length).toBeLessThanOrEqual(CURSOR_MAX_CHARS);
  });
});
