/**
 * Takes a picture of every state of the page into `docs/screenshots`, as `npm run screenshots`: day and night, English and
 * Japanese, desk and phone, and the colours that a system forces. The states are those that the accessibility tests look at.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { States, STATES } from "../tests/browser/console-states.ts";
import { root } from "./engines.mjs";
import { smallPng } from "./small-png.mjs";

const target = `${root}docs/screenshots`;

/** What each kind of colours asks of the browser. */
const colours = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  forced: { colorScheme: "dark", forcedColors: "active" },
};

/** Each picture's state, colours and language. */
const pictures = [
  ["fresh", "light", "en"],
  ["conversation", "light", "en"],
  ["conversation", "dark", "ja"],
  ["conversation", "forced", "en"],
  ["conversation-from-the-top", "light", "ja"],
  ["conversation-from-the-top", "dark", "en"],
  ["writing", "dark", "en"],
  ["queue", "light", "en"],
  ["palette", "dark", "en"],
  ["palette", "light", "ja"],
  ["palette", "forced", "en"],
  ["shortcuts", "light", "ja"],
  ["settings", "light", "en"],
  ["search", "dark", "ja"],
  ["stop-worker", "light", "en"],
  ["conversation-menu", "light", "en"],
  ["link-details", "dark", "en"],
  ["tour", "light", "en"],
  ["tour", "dark", "ja"],
  ["away", "light", "en"],
  ["not-found", "dark", "en"],
  ["login", "light", "ja"],
  ["phone", "light", "ja"],
  ["phone-workers", "dark", "en"],
  ["phone-tour", "dark", "ja"],
  ["smallest", "light", "en"],
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in STATES));
if (unknown.length > 0) {
  console.error(`Cannot take ${unknown.join(", ")}: the states are ${Object.keys(STATES).join(", ")}`);
  process.exit(2);
}
mkdirSync(target, { recursive: true });
for (const [name, colour, locale] of pictures) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  // A workspace of its own, so that no picture shows the Workers of those before it.
  await using states = await States.raise();
  const page = await STATES[name](states, { locale, ...colours[colour] });
  await page.evaluate(() => document.fonts.ready);
  await page.waitForLoadState("networkidle");
  const picture = await page.screenshot({ animations: "disabled", caret: "hide" });
  writeFileSync(`${target}/${name}-${colour}-${locale}.png`, smallPng(picture));
}
process.exit(0);
