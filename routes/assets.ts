/**
 * The browser's files.
 *
 * Owns their answers. The files are a fixed set known from the start, so that no path of a request ever reaches a disk.
 */
import { Hono } from "hono";
import type { Assets } from "../server/platform.ts";

/** Files under here carry a hash of their content in their names. */
const HASHED_PREFIX = "/assets/";

/** The routes of the browser's files. */
export function assetRoutes({ files }: Assets): Hono {
  const routes = new Hono();
  for (const [path, { bytes, contentType }] of files) {
    const cacheControl = path.startsWith(HASHED_PREFIX) ? "public, max-age=31536000, immutable" : "no-cache";
    routes.get(path, (context) =>
      context.body(bytes, 200, { "Content-Type": contentType, "Cache-Control": cacheControl }),
    );
  }
  return routes;
}
