/**
 * The real Firefox of the browser tests: where it is and how it is started. It is driven over WebDriver BiDi, which Debian's
 * Firefox speaks. `scripts/install-firefox.mjs` puts one on a machine that has none; nothing here downloads anything.
 */
import { existsSync } from "node:fs";
import { launch, type Browser } from "puppeteer-core";

const usualPlaces = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

/** The path of a usable Firefox: `FIREFOX_PATH` when set, else where Debian puts it. */
export function findFirefox(): string | undefined {
  const wanted = process.env["FIREFOX_PATH"];
  return (wanted ? [wanted] : usualPlaces).find((path) => existsSync(path));
}

/**
 * Starts a Firefox with an empty profile of its own, which is deleted when it closes.
 * @param languages As the browser asks for them, e.g. `ja`.
 * @param preferences Of the person who uses it, by their names in `about:config`.
 * @throws Error when this machine has no Firefox.
 */
export async function launchFirefox(
  languages = "en-GB",
  preferences: Readonly<Record<string, number>> = {},
): Promise<Browser> {
  const executablePath = findFirefox();
  if (!executablePath)
    throw new Error("Cannot start Firefox: there is none; node scripts/install-firefox.mjs installs it");
  return launch({
    browser: "firefox",
    executablePath,
    headless: true,
    extraPrefsFirefox: {
      ...preferences,
      "intl.accept_languages": languages,
      // Nothing of the browser's own goes out while the tests run.
      "app.update.disabledForTesting": true,
      "network.captive-portal-service.enabled": false,
      "network.connectivity-service.enabled": false,
      "services.settings.server": "data:,",
    },
  });
}
