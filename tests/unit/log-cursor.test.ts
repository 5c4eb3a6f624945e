/** The Runtime's cursor. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RuntimeCursor } from "../../protocol/cursor.ts";
import { createEpoch, formatCursor, MAX_POSITION, parseCursor } from "../../runtime/log-cursor.ts";
import { createSeededRandom } from "../support/seeded-random.ts";

describe("formatCursor() and parseCursor()", () => {
  test("are each other's inverse, in the reference's form", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.integer({ min: 0, max: MAX_POSITION }),
        (seed, position) => {
          const epoch = createEpoch(createSeededRandom(seed));
          const cursor = formatCursor(epoch, position);
          expect(cursor).toMatch(/^wo_[0-9a-f]{16}$/);
          expect(RuntimeCursor.parse(cursor)).toBe(cursor);
          expect(parseCursor(cursor)).toEqual({ kind: "position", epoch, position });
        },
      ),
    );
  });

  test("the zero cursor is everything that is kept", () => {
    expect(parseCursor("wo_0000000000000000")).toEqual({ kind: "oldest" });
  });

  test.each([
    "",
    "wo_",
    "wo_0000000000000001",
    "wo_000000000000002",
    "wo_00000000000000020",
    "wo_000000000000000g",
    "WO_3f9a01c20000002a",
    "wo_3F9A01C20000002A",
    " wo_3f9a01c20000002a",
    "wo_3f9a01c20000002a\n",
    "bo_3f9a01c20000002a",
  ])("%j is malformed", (cursor) => {
    expect(parseCursor(cursor)).toBe(null);
  });

  test("an epoch is never all zeros", () => {
    expect(createEpoch({ bytes: (count) => new Uint8Array(count) })).toBe("00000001");
  });
});
