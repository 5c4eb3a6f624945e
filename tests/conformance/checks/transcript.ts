/** The transcript and the log's entries, by pages. */
import { canonicalJson } from "../../support/same-json.ts";
import { check, must, type Section } from "../check.ts";
import { expectError, expectOk, told } from "../http.ts";
import { Body } from "../shapes.ts";
import type { Subject } from "../subject.ts";

const transcriptOf = (workerId: string) => ["v1", "workers", workerId, "transcript"];

async function page(subject: Subject, workerId: string, query: Readonly<Record<string, string>> = {}) {
  return expectOk(await subject.ask("GET", transcriptOf(workerId), { query }), Body.transcript).transcript;
}

export const transcriptChecks: Section = {
  name: "transcript",
  checks: [
    check("it holds the message and what was answered, counted from 1", { answers: 1 }, async ({ subject }) => {
      const { workerId } = await subject.recording();
      const { items, total_items, worker_ref } = await page(subject, workerId);
      must(items.length >= 2 && total_items === items.length, "two lines or more", () => items);
      for (const [index, item] of items.entries()) {
        must(item.sequence === index + 1, `the sequence ${index + 1}`, () => item);
        must(canonicalJson(item.worker_ref) === canonicalJson(worker_ref), "the Worker on each line", () => item);
      }
      const [user] = items.filter(({ role }) => role === "user");
      must(user?.content.trim() === subject.message.trim(), "the message as it was sent", () => user);
      const { transcript_len } = await subject.worker(workerId);
      must(transcript_len === total_items, `a transcript_len of ${total_items}`, () => transcript_len);
    }),
    check("pages follow each other", { answers: 1 }, async ({ subject }) => {
      const { workerId } = await subject.recording();
      const whole = await page(subject, workerId);
      must(whole.start === 0 && whole.next_start === null, "a whole page from 0 with next_start null", () => whole);
      const lines: unknown[] = [];
      for (let next: number | null = 0; next !== null && lines.length <= whole.total_items;) {
        const one = await page(subject, workerId, { start: String(next), limit: "1" });
        must(one.start === next && one.limit === 1, `a page of 1 from ${next}`, () => one);
        must(one.total_items === whole.total_items, "the same total on each page", () => one);
        must(one.items.length === 1, "one line", () => one);
        must(one.next_start === null || one.next_start === next + 1, "the next start", () => one);
        lines.push(...one.items);
        next = one.next_start;
      }
      must(canonicalJson(lines) === canonicalJson(whole.items), "the same lines by pages", () => lines);
    }),
    check("a page of none, and one past the end", { answers: 1 }, async ({ subject }) => {
      const { workerId } = await subject.recording();
      const none = await page(subject, workerId, { start: "0", limit: "0" });
      must(none.items.length === 0 && none.next_start === 0, "no lines and the next start 0", () => none);
      const past = await page(subject, workerId, { start: "1000000", limit: "1" });
      must(past.items.length === 0 && past.next_start === null, "no lines and no next start", () => past);
    }),
    check("a page beyond its bound is limit_too_large, whoever the Worker is", {}, async ({ subject }) => {
      const { runtime } = expectOk(await subject.ask("GET", ["v1", "runtime"]), Body.runtime);
      const { worker_id } = await subject.quietWorker();
      const query = { limit: String(runtime.limits.max_transcript_projection_items + 1) };
      for (const workerId of [worker_id, "conformance-nobody"]) {
        const answer = await subject.ask("GET", transcriptOf(workerId), { query });
        expectError(answer, 400, "limit_too_large");
      }
    }),
    check("a query that is no number is invalid_query", {}, async ({ subject }) => {
      const { worker_id } = await subject.quietWorker();
      const wrong: readonly Record<string, string>[] = [
        { start: "-1" },
        { limit: "1.5" },
        { limit: "ten" },
        { start: "" },
      ];
      for (const query of wrong) {
        expectError(await subject.ask("GET", transcriptOf(worker_id), { query }), 400, "invalid_query");
      }
    }),
    check("the log's entries are read upwards (ours)", { answers: 1 }, async ({ subject, tolerate }) => {
      const { workerId } = await subject.recording();
      const route = ["v1", "workers", workerId, "entries"];
      const answer = await subject.ask("GET", route);
      if (answer.status === 404 && answer.text === "") return tolerate("no_entries_route");
      const { entries: all } = expectOk(answer, Body.entries);
      must(all.entries_start + all.entries.length === all.entries_total, "the newest entries", () => told(answer));
      const query = { before: String(all.entries_total - 1), limit: "1" };
      const { entries: one } = expectOk(await subject.ask("GET", route, { query }), Body.entries);
      const wanted = [all.entries.at(-2)];
      must(canonicalJson(one.entries) === canonicalJson(wanted), "the entry before the newest", () => one);
    }),
  ],
};
