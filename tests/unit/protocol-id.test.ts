/** Ids, cursors and the problem table. */
import { describe, expect, test } from "vitest";
import { ClientCursor, CURSOR_MAX_CHARS, RuntimeCursor } from "../../protocol/cursor.ts";
import { snapshotEventId } from "../../protocol/frame.ts";
import { HostId, ID_MAX_CHARS, RuntimeId, SubmissionId, WorkerId, WorkerRef } from "../../protocol/id.ts";
import {
  asProblem,
  closeCodeOf,
  isProblemCode,
  PROBLEM_CODES,
  ProblemBody,
  problemBody,
  ProblemError,
  problemRow,
} from "../../protocol/problem.ts";

describe.each([
  ["RuntimeId", RuntimeId],
  ["WorkerId", WorkerId],
  ["HostId", HostId],
  ["SubmissionId", SubmissionId],
] as const)("%s", (_name, schema) => {
  test.each(["companion", "worker-0000002a", "a:b", "A_1", "x".repeat(ID_MAX_CHARS)])("accepts %s", (id) => {
    expect(schema.parse(id)).toBe(id);
  });

  test.each(["", "x".repeat(ID_MAX_CHARS + 1), "..", "a/b", "a\\b", "a b", "a.b", "%2e", "é", "a\n", "\n", "a\u0000"])(
    "refuses %j",
    (id) => {
      expect(schema.safeParse(id).success).toBe(false);
    },
  );
});

describe("WorkerRef", () => {
  test("needs both halves", () => {
    expect(WorkerRef.safeParse({ runtime_id: "r", worker_id: "w" }).success).toBe(true);
    expect(WorkerRef.safeParse({ worker_id: "w" }).success).toBe(false);
    expect(WorkerRef.safeParse({ runtime_id: "r", worker_id: "../w" }).success).toBe(false);
  });
});

describe.each([
  ["RuntimeCursor", RuntimeCursor],
  ["ClientCursor", ClientCursor],
] as const)("%s", (_name, schema) => {
  test.each(["wo_000000000000002a", "bo_AbC-_.wo_1~", "x".repeat(CURSOR_MAX_CHARS)])("accepts %s", (cursor) => {
    expect(schema.parse(cursor)).toBe(cursor);
  });

  test.each(["", "x".repeat(CURSOR_MAX_CHARS + 1), "a b", "a/b", "a+b", "a=", 'a"', "a\n", "ü", "snapshot:wo_1"])(
    "refuses %j",
    (cursor) => {
      expect(schema.safeParse(cursor).success).toBe(false);
    },
  );

  test("a snapshot's event id is never a cursor", () => {
    const id = snapshotEventId(schema.parse("wo_1"));
    expect(id).toBe("snapshot:wo_1");
    expect(schema.safeParse(id).success).toBe(false);
  });
});

describe("the problem table", () => {
  test.each(PROBLEM_CODES)("%s has an HTTP status, its close code, a title and the reference's word", (code) => {
    const { status, title, retryable, diagnostic } = problemRow(code);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(closeCodeOf(code)).toBe(4_000 + status);
    expect(title).not.toBe("");
    expect(typeof retryable).toBe("boolean");
    expect(diagnostic).toMatch(/^[a-z_]+$/);
    expect(isProblemCode(code)).toBe(true);
  });

  test.each(["", "nonsense", "toString", "__proto__", "hasOwnProperty", "WORKER_BUSY"])("%j is no code", (value) => {
    expect(isProblemCode(value)).toBe(false);
  });

  test("the ways in which a cursor fails are told apart, and close as they should", () => {
    const codes = ["cursor_malformed", "cursor_unknown", "cursor_expired", "cursor_foreign"] as const;
    expect(codes.map(closeCodeOf)).toEqual([4400, 4410, 4410, 4409]);
    expect(codes.map((code) => problemRow(code).diagnostic)).toEqual([
      "cursor_malformed",
      "cursor_unknown_or_expired",
      "cursor_unknown_or_expired",
      "cursor_unknown_or_expired",
    ]);
    expect([
      closeCodeOf("observation_only"),
      closeCodeOf("runtime_unavailable"),
      closeCodeOf("viewer_too_slow"),
    ]).toEqual([4403, 4503, 4408]);
  });

  test("every way in which a provider fails is named for it", () => {
    const provider = PROBLEM_CODES.filter((code) => code.startsWith("provider_"));
    expect(provider.every((code) => [429, 502].includes(problemRow(code).status))).toBe(true);
    expect(provider.filter((code) => !problemRow(code).retryable)).toEqual([
      "provider_auth_failed",
      "provider_request_refused",
      "provider_context_too_long",
      "provider_content_filtered",
    ]);
  });
});

describe("problems", () => {
  test("problemBody() is what RFC 9457 asks for, and never holds the cause", () => {
    const problem = new ProblemError("worker_busy", "Later.", { cause: new Error("secret") });
    const body = problemBody(problem);
    expect(body).toEqual({
      type: "urn:yoi-workspace:problem:worker_busy",
      title: "The Worker is busy with another message",
      status: 409,
      detail: "Later.",
      code: "worker_busy",
      diagnostics: [{ code: "worker_busy", severity: "warning", message: "Later." }],
    });
    expect(ProblemBody.parse(body)).toEqual(body);
    expect(JSON.stringify(body)).not.toContain("secret");
  });

  test("asProblem() keeps a problem and hides everything else", () => {
    const problem = new ProblemError("worker_busy", "Later.");
    expect(asProblem(problem)).toBe(problem);
    for (const error of [new Error("/home/me/key"), "text", null, { code: "worker_busy", detail: "x" }]) {
      const hidden = asProblem(error);
      expect(hidden.code).toBe("internal");
      expect(hidden.detail).not.toContain("/home");
      expect(hidden.cause).toBe(error);
    }
  });
});
