/**
 * Takes the picture at the top of the README: the built server with its demo, in the middle of an answer with code.
 * Run it after a change of the console's looks: `node scripts/screenshot.mjs`, after `npm run build`.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import process from "node:process";
import { launchChromium } from "../tests/support/chromium.ts";
import { commandFor, root } from "./engines.mjs";

const target = `${root}docs/screenshot.png`;
const companion = "/runtimes/backend-internal/workers/companion";
const deadlineMs = 60_000;

const [program, ...args] = commandFor("any", ["dist/server/node.js"]);
const server = spawn(program, args, {
  cwd: root,
  env: { PATH: process.env.PATH, YOI_PORT: "0", YOI_STORE: "memory" },
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const url = await announced(server.stdout);
  const browser = await launchChromium();
  try {
    await take(browser, url);
  } finally {
    await browser.close();
  }
} finally {
  server.kill();
}

async function take(browser, url) {
  for (const name of ["Release notes", "Reading list"]) {
    await post(`${url}/api/runtimes/backend-internal/workers`, { requested_worker_name: name });
  }
  await post(`${url}/api${companion}/input`, { content: "My name is Ada." });
  const page = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    deviceScaleFactor: 1.5,
    locale: "en-GB",
  });
  page.setDefaultTimeout(deadlineMs);
  await page.goto(url + companion);
  const sendButton = page.getByRole("button", { name: "Send", exact: true });
  await page.getByText("Ask me later").waitFor();
  await sendButton.waitFor();
  await page.getByRole("textbox").fill("Write me unit tests for Hono");
  await page.getByRole("textbox").press("Enter");
  // In the middle of the sentence below the code.
  await page.locator("article", { hasText: "one step at a time" }).waitFor();
  await page.screenshot({ path: target, animations: "disabled" });
}

async function post(url, body) {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`Cannot prepare the picture: ${url} answered ${response.status}`);
}

async function announced(output) {
  for await (const line of createInterface({ input: output })) {
    const url = / is at (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error("Cannot take the picture: the server ended before it listened");
}
