/** The browser's files over HTTP: small for whoever takes them compressed, and the same bytes for everybody. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { Hono } from "hono";
import { assetRoutes } from "../../routes/assets.ts";
import { loadAssets } from "../../server/node-assets.ts";
import type { Assets } from "../../server/platform.ts";

const TEXT = "const evening = 'star';\n".repeat(200);
const bytes = new TextEncoder().encode(TEXT);
const script = "/assets/main-1.js";
const picture = "/icon-192.png";

describe("a file of the browser's", () => {
  let app: Hono;
  beforeAll(() => {
    const assets: Pick<Assets, "files"> = {
      files: new Map([
        [script, { bytes, contentType: "text/javascript; charset=utf-8" }],
        [picture, { bytes, contentType: "image/png" }],
      ]),
    };
    app = assetRoutes({ ...assets, scripts: [], styles: [] });
  });
  const get = async (path: string, accepted?: string) =>
    app.request(path, { headers: accepted === undefined ? {} : { "Accept-Encoding": accepted } });

  test.each(["gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.5", "deflate,GZIP"])(
    "goes compressed to who accepts %s",
    async (accepted) => {
      for (const _ of [1, 2]) {
        const response = await get(script, accepted);
        expect(response.headers.get("Content-Encoding")).toBe("gzip");
        expect(response.headers.get("Vary")).toBe("Accept-Encoding");
        const body = await response.arrayBuffer();
        expect(body.byteLength).toBeLessThan(bytes.length / 10);
        const plain = new Blob([body]).stream().pipeThrough(new DecompressionStream("gzip"));
        expect(await new Response(plain).text()).toBe(TEXT);
      }
    },
  );

  test.each([undefined, "", "br", "identity", "gzip;q=0", "gzip;q=0.0, br", "xgzip"])(
    "goes as it is to who accepts %s",
    async (accepted) => {
      const response = await get(script, accepted);
      expect(response.headers.get("Content-Encoding")).toBeNull();
      expect(response.headers.get("Vary")).toBe("Accept-Encoding");
      expect(await response.text()).toBe(TEXT);
    },
  );

  test("that is a picture goes as it is to everybody", async () => {
    const response = await get(picture, "gzip");
    expect(response.headers.get("Content-Encoding")).toBeNull();
    expect((await response.arrayBuffer()).byteLength).toBe(bytes.length);
  });
});

test("the files of a build are found whatever the folders above it are called", () => {
  const folder = mkdtempSync(join(tmpdir(), "yoi c# 100% ?-"));
  try {
    mkdirSync(join(folder, "assets"));
    writeFileSync(join(folder, "manifest.json"), '{"main":{"file":"assets/main-1.js","isEntry":true}}');
    writeFileSync(join(folder, "assets", "main-1.js"), TEXT);
    writeFileSync(join(folder, "icon.svg"), "<svg/>");
    const { files, scripts } = loadAssets(pathToFileURL(`${folder}/`));
    expect([...files.keys()].toSorted()).toEqual([script, "/icon.svg"]);
    expect(scripts).toEqual([script]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
