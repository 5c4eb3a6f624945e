/**
 * Sees to it that the browser tests have a Chromium and a Japanese font, by apt where they are missing. Run by the test
 * command with the project's own Node; ends with a message of what to install by hand where apt cannot do it.
 */
import { spawnSync } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import process from "node:process";
import { findChromium } from "../tests/support/chromium.ts";

const missing = listMissing();
if (missing.length > 0) {
  console.log(`Installing ${missing.join(" and ")} for the browser tests …`);
  await install(missing);
  const still = listMissing();
  if (still.length > 0) fail(`apt could not install ${still.join(" and ")}`);
}

function listMissing() {
  return [!findChromium() && "chromium", !hasJapaneseFont() && "fonts-noto-cjk"].filter(Boolean);
}

function hasJapaneseFont() {
  const list = spawnSync("fc-list", [":lang=ja", "file"], { encoding: "utf8" });
  return list.status === 0 && list.stdout.trim() !== "";
}

async function install(packages) {
  if (process.env.CHROMIUM_PATH && !findChromium()) fail(`nothing is at CHROMIUM_PATH (${process.env.CHROMIUM_PATH})`);
  if (!succeeds("apt-get", ["--version"])) fail("this machine has no apt-get");
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !succeeds("sudo", ["-n", "true"])) fail("apt-get needs root, and sudo asks for a password here");
  const apt = isRoot ? ["apt-get"] : ["sudo", "-n", "apt-get"];
  const wait = ["-o", "DPkg::Lock::Timeout=300", "-q"];
  await retry([...apt, ...wait, "update"]);
  await retry([...apt, ...wait, "install", "-y", "--no-install-recommends", "fontconfig", ...packages]);
}

/** Mirrors fail now and then for a moment: three tries. */
async function retry([program, ...args]) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    if (spawnSync(program, args, { env, stdio: ["ignore", "ignore", "inherit"] }).status === 0) return;
    if (attempt < 3) await setTimeout(attempt * 2_000);
  }
}

function succeeds(program, args) {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

function fail(reason) {
  console.error(`Cannot prepare the browser tests: ${reason}.`);
  console.error(
    "Install Chromium and a Japanese font (Debian: chromium fonts-noto-cjk), or set CHROMIUM_PATH to a Chromium.",
  );
  process.exit(1);
}
