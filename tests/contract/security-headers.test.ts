/** What browsers are told about every answer, whatever it is. */
import { expect, test } from "vitest";
import { serveWorkspace } from "../support/served-workspace.ts";

const workspace = serveWorkspace();

test.each([
  ["/", "text/html"],
  ["/nothing", "text/html"],
  ["/healthz", "*/*"],
  ["/api/workers", "*/*"],
  ["/api/nothing", "*/*"],
  ["/manifest.webmanifest", "*/*"],
])("%s, asked for as %s, has them", async (path, accept) => {
  const { headers } = await workspace.client.get(path, { Accept: accept });
  const policy = Object.fromEntries(
    (headers.get("Content-Security-Policy") ?? "").split(/; */).map((part) => {
      const [directive = "", ...sources] = part.split(" ");
      return [directive, sources.join(" ")];
    }),
  );
  expect(policy).toEqual({
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
  });
  expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(headers.get("Referrer-Policy")).toBe("same-origin");
  expect(headers.get("X-Frame-Options")).toBe("DENY");
  expect(headers.get("Cross-Origin-Opener-Policy")).toBe("same-origin");
  expect(headers.get("Cross-Origin-Resource-Policy")).toBe("same-origin");
  expect(headers.get("X-Powered-By")).toBe(null);
  expect(headers.get("Server")).toBe(null);
});

test("a page has no script and no style in it", async () => {
  const { text } = await workspace.client.get("/", { Accept: "text/html" });
  const scripts = [...text.matchAll(/<script([^>]*)>([^<]*)/g)].filter(
    ([, attributes]) => !attributes?.includes("application/json"),
  );
  expect(scripts.length).toBeGreaterThan(0);
  for (const [, attributes, content] of scripts) expect([attributes?.includes("src="), content]).toEqual([true, ""]);
  expect(text).not.toMatch(/<style|\sstyle=|\son[a-z]+="|javascript:/i);
});
