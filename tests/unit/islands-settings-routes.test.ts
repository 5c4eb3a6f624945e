/** What a person has chosen, as the server renders it: language, colours; and what an installed app is. */
import { describe, expect, test } from "vitest";
import { LOCALE_COOKIE, THEME_COOKIE } from "../../islands/cookies.ts";
import { consoleRoutes } from "../../routes/console.ts";
import type { Backend } from "../../server/backend.ts";
import { consoleData } from "../support/console-data.ts";
import { withRights } from "../support/viewer-rights.ts";

const { selected, workers, snapshot, cursor } = consoleData();

function list<Item>(items: Item[]) {
  return Promise.resolve({
    workspace_id: "w",
    limit: 200,
    items,
    source: "worker_runtime_registry" as const,
    diagnostics: [],
  });
}

async function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const asked: Pick<Backend, "listWorkers" | "listRuntimes" | "listHosts" | "view"> = {
    listWorkers: () => list(workers),
    listRuntimes: () => list([]),
    listHosts: () => list([]),
    view: () => Promise.resolve({ snapshot, cursor }),
  };
  // why: the pages ask nothing else.
  const backend = { ...asked, companion: { ref: selected } } as unknown as Backend;
  const assets = { files: new Map(), scripts: [], styles: [] };
  const options = { assets, workspaceName: "Harbour", demo: false, maxRecords: 200 };
  return withRights(consoleRoutes(backend, options)).request(path, { headers: { Accept: "text/html", ...headers } });
}

const htmlOf = async (...request: Parameters<typeof get>) => (await get(...request)).text();

describe("the language of a page", () => {
  test("is the browser's first that the console speaks", async () => {
    expect(await htmlOf("/", { "Accept-Language": "fr, ja;q=0.8, en;q=0.5" })).toContain('<html lang="ja">');
    expect(await htmlOf("/", { "Accept-Language": "fr" })).toContain('<html lang="en">');
  });

  test("is the one that was chosen here, and before that the one that the address names", async () => {
    const chosen = { "Accept-Language": "en", Cookie: `${LOCALE_COOKIE}=ja` };
    expect(await htmlOf("/", chosen)).toContain('<html lang="ja">');
    expect(await htmlOf("/?lang=en", chosen)).toContain('<html lang="en">');
  });

  test("is none that it does not speak, whatever is asked for", async () => {
    const asked = { "Accept-Language": "ja", Cookie: `${LOCALE_COOKIE}=xx` };
    expect(await htmlOf("/?lang=%3Cscript%3E", asked)).toContain('<html lang="ja">');
  });

  test("varies with the cookie", async () => {
    expect((await get("/")).headers.get("Vary")).toBe("Accept-Language, Cookie");
  });
});

describe("the colours of a page", () => {
  test("are rendered as they were chosen, so that none flash", async () => {
    const html = await htmlOf("/", { Cookie: `${THEME_COOKIE}=dark` });
    expect(html).toContain('<html lang="en" data-theme="dark">');
    expect(html).toContain('<meta name="color-scheme" content="dark"/>');
  });

  test("are the device's for want of a choice, and for one that nobody knows", async () => {
    expect(await htmlOf("/")).toContain('<meta name="color-scheme" content="light dark"/>');
    expect(await htmlOf("/", { Cookie: `${THEME_COOKIE}=plaid` })).not.toContain("data-theme");
  });
});

describe("an installed app", () => {
  test("is named for the workspace and starts where it was installed, wherever that is", async () => {
    const response = await get("/manifest.webmanifest", { "Accept-Language": "ja" });
    expect(response.headers.get("Content-Type")).toBe("application/manifest+json");
    const manifest: unknown = await response.json();
    expect(manifest).toMatchObject({
      name: "Harbour",
      lang: "ja",
      start_url: "./",
      scope: "./",
      display: "standalone",
      icons: [
        { src: "icon.svg", sizes: "any" },
        { src: "icon-192.png", sizes: "192x192" },
        { src: "icon-512.png", sizes: "512x512" },
        { src: "icon-maskable-512.png", purpose: "maskable" },
      ],
    });
  });
});
