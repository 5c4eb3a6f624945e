/** The conformance kit against Runtimes that are right: our own, as a process, and one of the reference's form. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { readCommandLine } from "../conformance/command-line.ts";
import { quirkText } from "../conformance/quirks.ts";
import { renderTable, scrub } from "../conformance/report.ts";
import { holdClosedPort } from "../support/closed-port.ts";
import { checksThat, failuresOf, judged } from "../support/conformance-run.ts";
import { ReferencePeer } from "../support/reference-peer.ts";
import { RuntimeProcess } from "../support/runtime-process.ts";
import { testEngine } from "../support/server-process.ts";
import { allowProcesses } from "../support/served-workspace.ts";
import { within } from "../support/within.ts";

allowProcesses();

const TOKEN = "canary-token-of-the-kit";
const document = readFileSync("docs/conformance.md", "utf8");

/** A Runtime whose answers last long enough to be found busy. */
const ownRuntime = (token?: string) =>
  new RuntimeProcess({
    environment: { YOI_DEMO_PACE: "0.1", ...(token === undefined ? {} : { YOI_RUNTIME_TOKEN: token }) },
  });

/** Rows of a table, without the spaces that align them. */
const rowsOf = (table: string) =>
  table
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|[ -|]+$/.test(line))
    .map((line) => line.replaceAll(/ +/g, " ").trim());

describe("our own Runtime", () => {
  test("holds everything, with a token, as the document shows; its Workers are stopped afterwards", async () => {
    await using runtime = ownRuntime(TOKEN);
    const url = await runtime.url();
    const found = await judged(url, { token: TOKEN });
    expect(failuresOf(found)).toEqual([]);
    expect(checksThat("differs", found)).toEqual([]);
    expect(checksThat("skipped", found)).toEqual(["auth: without a token of its own it ignores the header"]);
    expect(found.left).toEqual([]);
    const response = await fetch(`${url}/v1/runtime`, { headers: { Authorization: `Bearer ${TOKEN}` } });
    expect(await response.json()).toMatchObject({ runtime: { active_worker_count: 0 } });
    expect(rowsOf(document)).toEqual(expect.arrayContaining(rowsOf(renderTable(found.results))));
  });

  test("holds everything without a token", async () => {
    await using runtime = ownRuntime();
    const found = await judged(await runtime.url(), { only: ["runtime", "auth"] });
    expect(failuresOf(found)).toEqual([]);
    expect(checksThat("skipped", found)).toHaveLength(3);
  });

  test("is judged by everything else where its model can't answer", async () => {
    await using runtime = ownRuntime();
    const found = await judged(await runtime.url(), {
      message: "/demo auth",
      only: ["input", "transcript", "stop and cancel", "observation", "resume"],
    });
    expect(failuresOf(found)).toEqual([]);
    expect(checksThat("skipped", found)).toContain("input: a message is answered");
    expect(JSON.stringify(found.results)).toContain("the Worker could not answer: provider_error");
  });

  test("that is told another token fails, and the token is in no word of it", async () => {
    await using runtime = ownRuntime(TOKEN);
    const found = await judged(await runtime.url(), { token: `${TOKEN}-not` });
    expect(checksThat("holds", found)).toEqual(["auth: other paths and methods are refused alike"]);
    expect(JSON.stringify(found)).not.toContain(TOKEN);
  });
});

describe("a Runtime of the reference's form", () => {
  test("fails nothing; its habits differ, each by its name, as the document shows", async () => {
    await using peer = await ReferencePeer.start({ answers: true });
    const found = await judged(`http://127.0.0.1:${peer.port}`, { limits: { heartbeatWaitMs: 200 } });
    expect(failuresOf(found)).toEqual([]);
    const notes = found.results.flatMap(({ outcome }) => (outcome.kind === "differs" ? outcome.notes : []));
    const habits = [
      "no_creation_flag",
      "bundle_required",
      "busy_is_rejected",
      "no_submission_ids",
      "no_entries_route",
      "cancel_is_final",
      "other_upgrade_refusal",
      "stub_snapshot",
      "late_user_message",
      "no_invoke_start",
      "snapshot_on_resume",
      "no_close_frame",
      "snapshot_before_diagnostic",
      "no_heartbeat",
    ] as const;
    expect([...new Set(notes)]).toEqual(habits.map(quirkText));
    expect(found.left).toEqual([]);
    expect(rowsOf(document)).toEqual(expect.arrayContaining(rowsOf(renderTable(found.results))));
  });
});

describe("the command", () => {
  const script = "tests/conformance/main.ts";
  async function run(...args: readonly string[]) {
    const words = testEngine === "deno" ? ["run", "-A", script] : [script];
    const child = spawn(process.execPath, [...words, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const ended = once(child, "close");
    const [out, err] = await within(Promise.all([text(child.stdout), text(child.stderr)]), "the kit to end");
    const [code] = await ended;
    return { code, out, err };
  }

  test("prints the table and ends with 0 when nothing fails; JSON when asked to", async () => {
    await using runtime = ownRuntime();
    const url = await runtime.url();
    const table = await run(url, "--only", "runtime");
    expect(table.code).toBe(0);
    expect(table.out).toContain("| runtime | the summary has its shape ");
    expect(table.out).toMatch(/\n5 hold, 0 differ, 0 fail, 0 skipped\n$/);
    const json = await run(url, "--only", "runtime", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ counts: { holds: 5, fails: 0 }, left: [] });
  });

  test("ends with 1 when something fails, and with 2 when the command line is wrong", async () => {
    await using nobody = await holdClosedPort();
    const closed = await run(`http://127.0.0.1:${nobody.port}`);
    expect([closed.code, closed.out]).toEqual([1, expect.stringContaining("does not accept connections")]);
    const wrong = await run("--token-env", "NOT_SET_ANYWHERE", "http://127.0.0.1:9");
    expect(wrong).toMatchObject({ code: 2, out: "", err: expect.stringContaining("NOT_SET_ANYWHERE") });
  });

  test.each<[string, readonly string[], RegExp]>([
    ["no URL", [], /expected one URL/],
    ["two URLs", ["http://a", "http://b"], /expected one URL/],
    ["what is no URL", ["nowhere"], /http:\/\//],
    ["an unknown section", ["http://a", "--only", "x"], /--only/],
    ["a time-out that is none", ["http://a", "--answer-timeout-ms", "0"], /--answer-timeout-ms/],
    ["a blank message", ["http://a", "--message", " "], /--message/],
    ["an unknown flag", ["http://a", "--token", "x"], /--token/],
  ])("refuses %s", (_case, args, words) => {
    expect(() => readCommandLine(args, {})).toThrow(words);
  });

  test("the token comes from the environment", () => {
    const { options, isJson } = readCommandLine(["http://a", "--token-env", "T", "--json"], { T: TOKEN });
    expect([options.token, isJson]).toEqual([TOKEN, true]);
  });
});

test("docs/conformance.md states every flag and its default", () => {
  const flags = [...document.matchAll(/^\| `--([a-z-]+)` +\| (?:`([^`]+)`)?/gm)].map(([, name, value]) => [
    name,
    value,
  ]);
  const { options } = readCommandLine(["http://a"], {});
  expect(flags).toEqual([
    ["token-env", undefined],
    ["message", options.message],
    ["answer-timeout-ms", String(options.limits.answerTimeoutMs)],
    ["request-timeout-ms", String(options.limits.requestTimeoutMs)],
    ["only", undefined],
    ["json", undefined],
  ]);
});

test("scrub() keeps the token, control characters and endless texts out of a report", () => {
  const options = { token: TOKEN, maxChars: 20 };
  expect(scrub(`a ${TOKEN} b\u001B[31m`, options)).toBe("a <token> b [31m");
  expect(scrub("x".repeat(99), options)).toBe(`${"x".repeat(20)} …`);
});
