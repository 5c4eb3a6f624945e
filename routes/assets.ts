/**
 * The browser's files.
 *
 * Owns their answers. The files are a fixed set known from the start, so that no path of a request ever reaches a disk, and
 * each is compressed once, when it is asked for first.
 */
import { Hono } from "hono";
import type { Assets } from "../server/platform.ts";

/** Files under here carry a hash of their content in their names. */
const HASHED_PREFIX = "/assets/";
/** What gets smaller; pictures and fonts are compressed already. */
const COMPRESSIBLE = /^(?:text\/|application\/(?:json|manifest\+json)|image\/svg)/;
/** An `Accept-Encoding` that takes gzip: it names it, and not at the weight 0. */
const TAKES_GZIP = /(?:^|,)\s*gzip\s*(?:;\s*q=(?:1(?:\.0*)?|0\.\d*[1-9]\d*)\s*)?(?:,|$)/i;

/** The routes of the browser's files. */
export function assetRoutes({ files }: Assets): Hono {
  const routes = new Hono();
  for (const [path, { bytes, contentType }] of files) {
    const cacheControl = path.startsWith(HASHED_PREFIX) ? "public, max-age=31536000, immutable" : "no-cache";
    const headers = { "Content-Type": contentType, "Cache-Control": cacheControl };
    let compressed: Promise<Uint8Array<ArrayBuffer>> | undefined;
    routes.get(path, async (context) => {
      if (!COMPRESSIBLE.test(contentType)) return context.body(bytes, 200, headers);
      const varied = { ...headers, Vary: "Accept-Encoding" };
      if (!TAKES_GZIP.test(context.req.header("Accept-Encoding") ?? "")) return context.body(bytes, 200, varied);
      compressed ??= gzip(bytes);
      return context.body(await compressed, 200, { ...varied, "Content-Encoding": "gzip" });
    });
  }
  return routes;
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
