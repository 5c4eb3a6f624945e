/**
 * The real browser of the browser tests: where it is and how it is started. `scripts/install-chromium.mjs` puts one on a
 * machine that has none; nothing here downloads anything.
 */
import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const usualPlaces = ["/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];

/** The path of a usable Chromium: `CHROMIUM_PATH` when set, else where Debian and Google put theirs. */
export function findChromium(): string | undefined {
  const wanted = process.env["CHROMIUM_PATH"];
  return (wanted ? [wanted] : usualPlaces).find((path) => existsSync(path));
}

/**
 * Starts a Chromium with an empty profile of its own, which is deleted when it closes.
 * @throws Error when this machine has no Chromium.
 */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath)
    throw new Error("Cannot start Chromium: there is none; node scripts/install-chromium.mjs installs it");
  return chromium.launch({
    executablePath,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
