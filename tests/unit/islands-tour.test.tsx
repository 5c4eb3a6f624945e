/** The tour in the page that the server renders, and its words against the page's own. */
import { describe, expect, test } from "vitest";
import type { ListedRuntime } from "../../islands/console-data.ts";
import { messagesFor } from "../../islands/messages.ts";
import { tourMessagesFor } from "../../islands/tour/messages-tour.ts";
import { TOUR } from "../../islands/tour/tour-steps.ts";
import { parseDemoCommand } from "../../runtime/model/demo/commands.ts";
import { renderConsolePage } from "../../routes/pages.tsx";
import { consoleData } from "../support/console-data.ts";
import { listedRuntime } from "../support/listed-runtime.ts";

const assets = { scripts: ["/assets/main.js"], styles: ["/assets/main.css"] };
const steps = TOUR.flatMap((group) => group.steps);
const locales = ["en", "ja"] as const;

describe("the page", () => {
  test("has no tour where another provider answers", () => {
    expect(renderConsolePage(consoleData({ demo: false }), assets)).not.toMatch(/id="tour"|data-tour/);
  });

  test.each(["open", "closed"] as const)("is laid out for a tour that is %s from the first", (tour) => {
    const html = renderConsolePage(consoleData({ demo: true, tour }), assets);
    expect(html).toContain(`<div class="app" data-tour="${tour}">`);
    expect(html.match(/<li class="tour-step">/g)?.length).toBe(steps.length);
  });
});

describe("the button that restarts the Runtime", () => {
  const inRuntime = (kind: ListedRuntime["kind"]) =>
    renderConsolePage(consoleData({ demo: true, runtimes: [{ ...listedRuntime("r", "Lab"), kind }] }), assets);
  const { steps: said, noRestart } = tourMessagesFor("en");

  test("is there for a Worker of the server's own Runtime", () => {
    const html = inRuntime("embedded_worker_runtime");
    expect(html).toContain(said.restart.label);
    expect(html).not.toContain(noRestart);
  });

  test("gives way to the reason for a Worker that lives elsewhere, and the other buttons stay", () => {
    const html = inRuntime("remote_worker_runtime");
    expect(html).not.toContain(said.restart.label);
    expect(html).toContain(noRestart);
    const labels = steps.map(({ id }) => said[id].label).filter((label) => html.includes(`>${label}</button>`));
    expect(labels).toEqual(steps.filter(({ id }) => id !== "restart").map(({ id }) => said[id].label));
  });
});

test("every message of the tour is a command that the demo knows", () => {
  const said = steps.flatMap((step) => (step.kind === "say" ? [step] : []));
  expect(said.map(({ command }) => parseDemoCommand(command)?.name)).toEqual(said.map(({ id }) => id));
});

test.each(locales)("what the tour quotes of the page in %s stands on the page", (locale) => {
  const words = tourMessagesFor(locale);
  const { link, askAgain, runEnd } = messagesFor(locale);
  const known = [link.reconnecting, link.live, askAgain, runEnd("interrupted")];
  const quoted = steps.flatMap(({ id }) =>
    [...words.steps[id].look.matchAll(/[“「](.+?)[”」]/g)].map(([, quote]) => quote),
  );
  expect(quoted.filter((quote) => !known.includes(quote ?? ""))).toEqual([]);
  expect(quoted.length).toBeGreaterThan(2);
});
