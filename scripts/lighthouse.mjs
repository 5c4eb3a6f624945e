/**
 * Lighthouse on the built app, as `npm run lighthouse`: the page of a conversation on a desk and on a phone. Prints the
 * scores and every audit that cost points, and ends non-zero when a score is under 100.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import lighthouse, { desktopConfig } from "lighthouse";
import { launch } from "puppeteer-core";
import { findChromium } from "../tests/support/chromium.ts";
import { commandFor, root } from "./engines.mjs";

const categories = ["performance", "accessibility", "best-practices"];
const companion = "/runtimes/backend-internal/workers/companion";
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];

const executablePath = findChromium();
if (!executablePath) throw new Error("Cannot run Lighthouse: there is no Chromium");
const folder = mkdtempSync(join(tmpdir(), "yoi-lighthouse-"));
const [program, ...args] = commandFor("any", ["dist/server/node.js"]);
const server = spawn(program, args, {
  cwd: root,
  env: { PATH: process.env.PATH, YOI_PORT: "0", YOI_LOG_LEVEL: "error", YOI_DATA_DIR: folder, YOI_DEMO_PACE: "0" },
  stdio: ["ignore", "pipe", "inherit"],
});
const browser = await launch({ executablePath, args: flags });
try {
  const url = await announced(server.stdout);
  for (const content of ["my name is Ada", "/demo markdown", "/demo think"]) await say(url, content);
  for (const [device, config] of [
    ["desk", desktopConfig],
    ["phone", undefined],
  ]) {
    const run = await lighthouse(
      url + companion,
      { onlyCategories: categories, logLevel: "error" },
      config,
      await browser.newPage(),
    );
    report(device, run.lhr);
  }
} finally {
  await browser.close();
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}

function report(device, { categories: scores, audits }) {
  for (const name of categories) {
    const { score, auditRefs } = scores[name];
    console.log(`${device}: ${name} ${Math.round(score * 100)}`);
    if (score < 1) process.exitCode = 1;
    for (const { id, weight } of auditRefs) {
      const audit = audits[id];
      if (weight === 0 || audit.score === null || audit.score >= 1) continue;
      console.log(`  ${Math.round(audit.score * 100)} ${id}: ${audit.title} ${audit.displayValue ?? ""}`);
    }
  }
}

async function say(url, content) {
  const worker = `${url}/api${companion}`;
  const headers = { "content-type": "application/json" };
  const sent = await fetch(`${worker}/input`, { method: "POST", headers, body: JSON.stringify({ content }) });
  if (!sent.ok) throw new Error(`Cannot prepare the page: the server answered ${sent.status}`);
  while ((await (await fetch(worker)).json()).status !== "idle");
}

async function announced(output) {
  for await (const line of createInterface({ input: output })) {
    const url = / is at (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error("Cannot run Lighthouse: the server ended before it listened");
}
