/**
 * The whole proof: the gate, then the test projects on Node, the contract suites again under Deno, and the browser.
 * `test.mjs unit contract` runs only these stages. What failed is told once more at the end, since a log may be kept only
 * from there; the last line counts: `N passed, N failed`.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ensureBun } from "./bun.mjs";
import { commandFor, run } from "./engines.mjs";

const reports = mkdtempSync(join(tmpdir(), "yoi-test-"));

/** Programs and threads that tests start from the sources, by the hundred, are compiled once. */
const COMPILED = { NODE_COMPILE_CACHE: join(reports, "compiled") };

/** What is to hold on Bun at every change: streams, resuming, kills, the end, logins, and a Runtime elsewhere. */
const BUN_FILES = ["client", "socket-stream", "socket-shutdown", "sse", "socket-runs", "access", "remote-process"].map(
  (name) => `tests/contract/${name}.test.ts`,
);

const stages = {
  check: () => runStep("check.mjs"),
  unit: () => runVitest("node", "unit"),
  contract: () => runWithProxies("node"),
  "contract-deno": () => runWithProxies("deno"),
  "contract-bun": () => runOnBun(BUN_FILES),
  fault: async () => sum([await runVitest("node", "fault"), await runBuilt("node", "fault-real")]),
  "fault-deno": () => runVitest("deno", "fault", ["tests/fault/model-based"]),
  browser: async () => {
    const steps = ["install-chromium.mjs", "install-firefox.mjs", "install-proxies.mjs", "build.mjs"];
    const prepared = [];
    for (const step of steps) prepared.push(await runStep(step));
    if (prepared.some((step) => step.failed > 0)) return sum(prepared);
    return sum([await runVitest("node", "browser"), await runVitest("node", "browser-timed")]);
  },
};

/** Run only when they are named. */
const more = {
  "contract-bun-whole": () => runOnBun([]),
};

const names = process.argv.slice(2);
const known = { ...stages, ...more };
const unknown = names.filter((name) => !(name in known));
if (unknown.length > 0) {
  console.error(`Cannot test ${unknown.join(", ")}: the stages are ${Object.keys(known).join(", ")}`);
  process.exit(2);
}

const results = [];
try {
  for (const name of names.length > 0 ? names : Object.keys(stages)) {
    console.log(`\n== ${name}`);
    results.push(await attempt(known[name]));
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}
const { passed, failed, skipped, failures } = sum(results);
for (const failure of failures) console.log(`\n${failure}`);
process.exitCode = failed > 0 ? 1 : 0;
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);

async function attempt(stage) {
  try {
    return await stage();
  } catch (error) {
    console.error(error);
    return { passed: 0, failed: 1, skipped: 0, failures: [String(error)] };
  }
}

async function runStep(script) {
  const code = await run(commandFor("any", [`scripts/${script}`]));
  if (code === 0) return { passed: 1, failed: 0, skipped: 0 };
  return { passed: 0, failed: 1, skipped: 0, failures: [`FAILED ${script}, exit code ${code}`] };
}

/** The contract suites; one of them goes through real proxies. */
async function runWithProxies(engine) {
  const prepared = await runStep("install-proxies.mjs");
  return prepared.failed > 0 ? prepared : runBuilt(engine, "contract");
}

/** The contract suites on Node, against servers and Runtime processes that Bun runs from the same build. */
async function runOnBun(files) {
  const environment = { TEST_BUILT_PROGRAM: await ensureBun() };
  const built = await runStep("build.mjs");
  return built.failed > 0 ? built : runVitest("node", "contract", files, environment);
}

/** For tests that start the built server. */
async function runBuilt(engine, project) {
  const built = await runStep("build.mjs");
  return built.failed > 0 ? built : runVitest(engine, project);
}

/** Counts what vitest reports; an end in error with no failed test (a crash, a file that does not load) counts as one. */
async function runVitest(engine, project, files = [], environment = {}) {
  const report = join(reports, `${engine}-${project}.json`);
  const options = [
    "run",
    ...files,
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ];
  const env = { ...process.env, ...COMPILED, ...environment };
  const code = await run(commandFor(engine, ["node_modules/vitest/vitest.mjs", ...options]), { env });
  const results = JSON.parse(readFileSync(report, "utf8"));
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = results;
  const failures = failuresIn(results).map((failure) => `FAILED ${project} on ${engine}: ${failure}`);
  const isOnlyTheEnd = code !== 0 && numFailedTests === 0;
  if (isOnlyTheEnd && failures.length === 0) failures.push(`FAILED ${project} on ${engine}: vitest, exit code ${code}`);
  return {
    passed: numPassedTests,
    failed: isOnlyTheEnd ? 1 : numFailedTests,
    skipped: numPendingTests + numTodoTests,
    failures,
  };
}

/** The failed tests of a report, and the files that did not load, each with what was said of it. */
function failuresIn({ testResults }) {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === "failed");
    if (failed.length === 0) return message ? [`${name}\n${message}`] : [];
    return failed.map(({ fullName, failureMessages }) => `${name}\n  ${fullName}\n${failureMessages.join("\n")}`);
  });
}

function sum(counts) {
  const add = (key) => counts.reduce((total, count) => total + count[key], 0);
  const failures = counts.flatMap((count) => count.failures ?? []);
  return { passed: add("passed"), failed: add("failed"), skipped: add("skipped"), failures };
}
