/** A page that is served below a base: no address of it starts elsewhere. */
import { expect, test, vi } from "vitest";
import { createConsole } from "../../islands/console.ts";
import { renderEnvironment } from "../../islands/environment.ts";
import { messagesFor } from "../../islands/messages.ts";
import { ProblemError, problemBody } from "../../protocol/problem.ts";
import { RuntimeId, SubmissionId } from "../../protocol/id.ts";
import { renderAwayPage, renderConsolePage, renderErrorPage } from "../../routes/pages.tsx";
import { consoleData } from "../support/console-data.ts";
import { fakeWebSockets } from "../support/fake-web-socket.ts";
import ReconnectingWebSocket from "partysocket/ws";

const BASE = "/yoi/";
const assets = { scripts: ["/assets/main.js"], styles: ["/assets/main.css"], preloads: ["/assets/base.js"] };
const problem = problemBody(new ProblemError("runtime_refused", "It may not be running."));
const data = consoleData({ base: BASE, demo: true });

const pages: Readonly<Record<string, string>> = {
  console: renderConsolePage(data, assets),
  "worker that is away": renderAwayPage({ ...data, problem }, assets),
  failure: renderErrorPage(problem, assets, { base: BASE, locale: "en", theme: "system" }),
};

/** Every address in the HTML. */
function addressesOf(html: string): readonly string[] {
  const attributes = html.matchAll(/\s(?:href|src|action|formaction|poster|data)="([^"]*)"/g);
  return [...attributes].map(([, address]) => address ?? "");
}

test.each(Object.entries(pages))("the page of a %s names no address outside of its base", (_, html) => {
  const addresses = addressesOf(html);
  expect(addresses).toContain("/yoi/assets/main.css");
  expect(addresses).toContain("/yoi/manifest.webmanifest");
  expect(addresses).toContain(BASE);
  // What begins with `#` or `?` stays on the page, and a data address needs no server.
  expect(addresses.filter((address) => !/^(?:\/yoi\/|#|\?|data:)/.test(address))).toEqual([]);
});

test("the console's Workers and exports lead below the base", () => {
  const addresses = addressesOf(pages["console"] ?? "");
  expect(addresses).toContain("/yoi/runtimes/r/workers/w");
  expect(addresses).toContain("/yoi/api/runtimes/r/workers/w/export?format=markdown");
  expect(addresses).toContain("/yoi/api/runtimes/r/workers/w/export?format=json");
});

test("everything that the console asks for is below the base", async () => {
  const asked: string[] = [];
  const fake = fakeWebSockets();
  const urls: string[] = [];
  class Recorded extends fake.WebSocket {
    constructor(url: string) {
      super(url);
      urls.push(url);
    }
  }
  const page = createConsole(
    data,
    {
      ...renderEnvironment(),
      fetch: (input) => {
        asked.push(input);
        return Promise.reject(new TypeError("Cannot fetch: this test has no network"));
      },
      WebSocket: Recorded,
    },
    messagesFor("en"),
  );
  const { api, ref } = page;
  await Promise.all([
    api.sendInput(ref, "hi", SubmissionId.parse("s-1")),
    api.cancelRun(ref),
    api.stopWorker(ref),
    api.entries(ref, 10, 5),
    api.getWorker(ref),
    api.listWorkers(),
    api.listRuntimes(),
    api.spawnWorker(RuntimeId.parse("r"), "W"),
  ]);
  expect(asked).toEqual([
    "/yoi/api/runtimes/r/workers/w/input",
    "/yoi/api/runtimes/r/workers/w/cancel",
    "/yoi/api/runtimes/r/workers/w/stop",
    "/yoi/api/runtimes/r/workers/w/entries?before=10&limit=5",
    "/yoi/api/runtimes/r/workers/w",
    "/yoi/api/workers",
    "/yoi/api/runtimes",
    "/yoi/api/runtimes/r/workers",
  ]);
  page.connection.start(ReconnectingWebSocket);
  await vi.waitFor(() => expect(urls).toHaveLength(1));
  expect(new URL(urls[0]!).pathname).toBe("/yoi/api/runtimes/r/workers/w/events/ws");
  page.connection.stop();
});
