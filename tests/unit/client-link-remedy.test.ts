/** What the end of a stream means, and when to come back. */
import { describe, expect, test } from "vitest";
import { backoffMs, remedyFor } from "../../client/link-remedy.ts";

describe("backoffMs()", () => {
  test("is nothing before the first failure, and bounded after many", () => {
    expect(backoffMs(0, 0.99)).toBe(0);
    expect(backoffMs(1, 0)).toBe(125);
    expect(backoffMs(1, 1)).toBe(250);
    expect(backoffMs(1_000, 1)).toBe(10_000);
  });
});

describe("remedyFor()", () => {
  test("understands a peer that has no key of ours", () => {
    const of = (code: string) => remedyFor({ code, message: "" }).kind;
    expect(of("backend.cursor_unknown_or_expired")).toBe("fresh_snapshot");
    expect(of("backend.worker_not_found")).toBe("give_up");
    expect(of("runtime.unavailable")).toBe("retry");
    expect(of("something.new")).toBe("retry");
  });
});
