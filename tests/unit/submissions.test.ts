/** The messages that a Worker has acknowledged. */
import { describe, expect, test } from "vitest";
import { SubmissionId, WorkerRef } from "../../protocol/id.ts";
import { contentMark, Submissions } from "../../runtime/submissions.ts";
import { settle } from "../support/manual-clock.ts";

const id = (name: string) => SubmissionId.parse(name);
const ack = (event_id: number) =>
  Promise.resolve({
    worker_ref: WorkerRef.parse({ runtime_id: "r", worker_id: "w" }),
    status: "running",
    transcript_sequence: 1,
    event_id,
  });

describe("Submissions", () => {
  test("finds nothing for an id that it has not seen", () => {
    expect(new Submissions(2).find(id("a"), "hi")).toBe(null);
  });

  test("gives the same acknowledgement for the same content, and refuses another", async () => {
    const submissions = new Submissions(2);
    submissions.remember(id("a"), contentMark("hi"), ack(7));
    expect(await submissions.find(id("a"), "hi")).toMatchObject({ event_id: 7 });
    expect(() => submissions.find(id("a"), "hi ")).toThrow("submission_conflict");
  });

  test("gives an acknowledgement that has not come yet", async () => {
    const submissions = new Submissions(2);
    const pending = Promise.withResolvers<Awaited<ReturnType<typeof ack>>>();
    submissions.remember(id("a"), contentMark("hi"), pending.promise);
    const found = submissions.find(id("a"), "hi");
    pending.resolve(await ack(3));
    expect(await found).toMatchObject({ event_id: 3 });
  });

  test("forgets a message that was refused", async () => {
    const submissions = new Submissions(2);
    const refused = Promise.reject(new Error("full"));
    submissions.remember(id("a"), contentMark("hi"), refused);
    await expect(submissions.find(id("a"), "hi")).rejects.toThrow("full");
    await settle();
    expect(submissions.find(id("a"), "other")).toBe(null);
  });

  test("forgets the oldest id first, and keeps no more than it may", () => {
    const submissions = new Submissions(2);
    for (const name of ["a", "b", "c"]) submissions.remember(id(name), contentMark(name), ack(1));
    expect(submissions.find(id("a"), "a")).toBe(null);
    expect([submissions.find(id("b"), "b"), submissions.find(id("c"), "c")]).not.toContain(null);
  });
});

describe("contentMark()", () => {
  test("is the same for the same content, and another for every other of many", () => {
    const contents = ["", " ", "a", "b", "ab", "ba", "こんにちは", "こんにちわ", "👩‍👧", "\u0000", "\u0000\u0000"];
    for (let length = 1; length <= 2_000; length += 1) contents.push("x".repeat(length), `${"x".repeat(length)}y`);
    expect(new Set(contents.map(contentMark)).size).toBe(new Set(contents).size);
    expect(contents.map(contentMark)).toEqual(contents.map(contentMark));
  });
});
