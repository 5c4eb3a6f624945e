/**
 * The rules that a machine can check (WCAG 2.2 AA and axe's best practices), against every state of the page, in both
 * languages and both themes.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { States, STATES } from "./console-states.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const options: RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations"],
};

/** What colours alone can break. */
const coloursOnly: RunOptions = {
  ...options,
  runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] },
};

async function violationsOf(page: Page, checked: RunOptions): Promise<readonly string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((chosen) => {
    // why: the script that was just run has put axe there; its types know of it as a module only.
    const { axe: checker } = window as unknown as { axe: { run: (options: RunOptions) => Promise<AxeResults> } };
    return checker.run(chosen);
  }, checked);
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

describe("A machine that checks accessibility finds nothing", () => {
  let states: States;
  beforeAll(async () => {
    states = await States.raise();
  });
  afterAll(() => states[Symbol.asyncDispose]());
  afterEach(async () => {
    const complaints = [...(await states.open.clear()), ...(await states.guarded.clear())];
    if (complaints.length > 0) throw new Error(`There were errors in the browser: ${complaints.join("\n")}`);
  });

  for (const locale of ["en", "ja"] as const) {
    test.each(Object.keys(STATES))(`on the page "%s" in ${locale}, by day and by night`, async (name) => {
      const page = await STATES[name]?.(states, { locale });
      // By night the page is the same but for its colours.
      for (const [colorScheme, checked] of [["light", options] as const, ["dark", coloursOnly] as const]) {
        await page?.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        expect(page && (await violationsOf(page, checked)), colorScheme).toEqual([]);
      }
    });
  }
});
