/**
 * Sees to it that the browser tests have a Chromium and a Japanese font, by apt where they are missing. Run by the test
 * command with the project's own Node.
 */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { findChromium } from "../tests/support/chromium.ts";
import { installByApt } from "./apt.mjs";

await installByApt({
  listMissing: () =>
    [
      !findChromium() && "chromium",
      !hasFontTools() && "fontconfig",
      !(hasFontTools() && hasJapaneseFont()) && "fonts-noto-cjk",
    ].filter(Boolean),
  refusal: () =>
    process.env.CHROMIUM_PATH && !findChromium()
      ? `nothing is at CHROMIUM_PATH (${process.env.CHROMIUM_PATH})`
      : undefined,
  byHand: "Install Chromium and a Japanese font (Debian: chromium fonts-noto-cjk), or set CHROMIUM_PATH to a Chromium.",
});

function hasFontTools() {
  return spawnSync("fc-list", ["--version"], { stdio: "ignore" }).status === 0;
}

function hasJapaneseFont() {
  const list = spawnSync("fc-list", [":lang=ja", "file"], { encoding: "utf8" });
  return list.status === 0 && list.stdout.trim() !== "";
}
