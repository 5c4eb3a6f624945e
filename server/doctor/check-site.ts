/**
 * The way to a running server through whatever stands before it, as far as plain requests go: is it there, is it found
 * below the right prefix, are its files compressed, does it let in, do cookies pass.
 */
import { SESSION_COOKIE } from "../../protocol/session-cookie.ts";
import { problemCodeOf, reasonOf, type Ask, type Reply } from "./ask.ts";
import { isHealth } from "./check-address.ts";
import { fail, ok, warn, type Finding } from "./finding.ts";
import type { Site } from "./site.ts";

const TIMEOUT_MS = 10_000;
const SUBJECT = "proxy";

/** What came of the first look. */
export interface SiteResult {
  readonly findings: readonly Finding[];
  /** Whether it is worth while to look further. */
  readonly isThere: boolean;
}

/** Looks whether the server is there at all. */
export async function checkPresence(site: Site, ask: Ask): Promise<SiteResult> {
  const end = (finding: Finding): SiteResult => ({ findings: [finding], isThere: false });
  let reply: Reply;
  try {
    reply = await ask({ url: site.url("healthz"), timeoutMs: TIMEOUT_MS });
  } catch (error) {
    return end(fail(SUBJECT, reasonOf(error), "Look at the address, and whether the proxy runs there."));
  }
  if (reply.status === 200 && isHealth(reply.text)) {
    return { findings: [ok(SUBJECT, "the server answers through it")], isThere: true };
  }
  const code = problemCodeOf(reply);
  if (code === "host_refused") {
    const advice = `Add ${site.base.hostname} to access.allowed_hosts, and let the proxy pass on the Host of the browser.`;
    return end(fail(SUBJECT, "the server does not go by this name (host_refused)", advice));
  }
  if (code !== null) {
    const found = `the server answers ${reply.status} (${code}): it is not at ${site.base.pathname}`;
    return end(fail("base path", found, baseAdvice(site)));
  }
  if (reply.status >= 502 && reply.status <= 504) {
    const advice = "Look whether the server runs, and to which address and port the proxy passes requests on.";
    return end(fail(SUBJECT, `does not reach the server (${reply.status})`, advice));
  }
  const advice = `Look at the address, and whether the proxy passes ${site.base.pathname} on to the server.`;
  return end(fail(SUBJECT, `something else answers (${reply.status})`, advice));
}

/** Looks whether its page and the files of the page are found where browsers look, and compressed. */
export async function checkPage(site: Site, ask: Ask): Promise<Finding[]> {
  const { base } = site;
  const page = await ask({ url: site.url("login"), headers: { Accept: "text/html" }, timeoutMs: TIMEOUT_MS });
  const shown = page.status === 200 ? page : await askPage(site, ask);
  const path = /(?:src|href)="([^"]+\.(?:js|css))"/.exec(shown.text)?.[1];
  if (path === undefined) {
    return [warn("base path", `the page can't be looked at (${shown.status})`, "Name the access token: --token-env.")];
  }
  const file = new URL(path, base);
  if (!file.pathname.startsWith(base.pathname) || file.origin !== base.origin) {
    const found = `the page looks for its files at ${shownPath(file.pathname)}, not below ${base.pathname}`;
    return [fail("base path", found, baseAdvice(site))];
  }
  const headers = { "Accept-Encoding": "br, gzip" };
  const reply = await ask({ url: file, headers, timeoutMs: TIMEOUT_MS });
  if (reply.status !== 200) {
    const found = `a file of the page answers ${reply.status}`;
    return [fail("base path", found, "Look whether the proxy passes on everything below the prefix.")];
  }
  const found = [ok("base path", `pages and files are found below ${base.pathname}`)];
  const encoding = reply.headers["content-encoding"];
  if (encoding !== undefined) return [...found, ok("compression", `files come compressed (${shownPath(encoding)})`)];
  const advice = "Let the proxy pass on Accept-Encoding and Content-Encoding: the server has its files compressed.";
  return [...found, warn("compression", "files come uncompressed", advice)];
}

function askPage(site: Site, ask: Ask): Promise<Reply> {
  return ask({ url: site.base, headers: { ...site.headers, Accept: "text/html" }, timeoutMs: TIMEOUT_MS });
}

/** Looks whether the token lets in, and whether the cookie of a login comes back. */
export async function checkLogin(site: Site, ask: Ask): Promise<SiteResult> {
  const subject = "login";
  const status = site.url("api/companion/status");
  const plain = await ask({ url: status, timeoutMs: TIMEOUT_MS });
  if (plain.status === 200) return { findings: [ok(subject, "nobody has to log in")], isThere: true };
  const end = (finding: Finding): SiteResult => ({ findings: [finding], isThere: false });
  const code = problemCodeOf(plain);
  if (code !== "login_required") {
    const found = `the API answers ${plain.status}${code === null ? "" : ` (${code})`}`;
    return end(fail(subject, found, "Look whether the proxy passes on everything below the prefix."));
  }
  if (site.loginForm === null) {
    const advice = "Set access.token, or name the token's variable (--token-env) or file (--token-file).";
    return end(warn(subject, "a login is needed, and no access token is known here: links were not looked at", advice));
  }
  const bearer = await ask({ url: status, headers: site.headers, timeoutMs: TIMEOUT_MS });
  if (bearer.status !== 200) {
    const advice = "Name the token of the server that runs, and let the proxy pass on the Authorization header.";
    return end(fail(subject, `the server does not take the access token (${bearer.status})`, advice));
  }
  return { findings: await checkCookie(site, status, ask), isThere: true };
}

async function checkCookie(site: Site, status: URL, ask: Ask): Promise<Finding[]> {
  const subject = "cookies";
  const entered = await ask({
    url: site.url("login"),
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: site.base.origin },
    body: site.loginForm ?? "",
    timeoutMs: TIMEOUT_MS,
  });
  const lines = entered.headers["set-cookie"]?.split("\n") ?? [];
  const cookie = lines.find((line) => line.startsWith(`${SESSION_COOKIE}=`)) ?? "";
  if (cookie === "") {
    const code = problemCodeOf(entered);
    const found = code === null ? "a login gives no cookie" : `a login from this address is refused (${code})`;
    const advice =
      code === "origin_refused"
        ? "Let the proxy pass on the Host and the protocol of the browser, and name it in access.trusted_proxies."
        : "Let the proxy pass on Set-Cookie.";
    return [fail(subject, found, advice)];
  }
  const path = /; *path=([^;]*)/i.exec(cookie)?.[1] ?? "";
  if (!site.base.pathname.startsWith(path)) {
    return [fail(subject, `the cookie is for ${shownPath(path)}, not for ${site.base.pathname}`, baseAdvice(site))];
  }
  const headers = { Cookie: cookie.split(";", 1)[0] ?? "" };
  const back = await ask({ url: status, headers, timeoutMs: TIMEOUT_MS });
  if (back.status !== 200) {
    return [fail(subject, "the cookie of a login does not come back", "Let the proxy pass on the Cookie header.")];
  }
  await ask({
    url: site.url("logout"),
    method: "POST",
    headers: { ...headers, "Content-Type": "application/x-www-form-urlencoded", Origin: site.base.origin },
    body: "",
    timeoutMs: TIMEOUT_MS,
  });
  const found = [ok("login", "the access token lets in"), ok(subject, "a login's cookie comes and goes")];
  if (site.base.protocol !== "https:" || /; *secure/i.test(cookie)) return found;
  const advice = "Let the proxy set X-Forwarded-Proto, and name the proxy's address in access.trusted_proxies.";
  return [...found, warn("forwarded", "the server does not know that browsers come by https", advice)];
}

function baseAdvice({ base }: Site): string {
  return `Set server.base_path to ${base.pathname}, or let a trusted proxy say it with X-Forwarded-Prefix.`;
}

/** What somebody else wrote, short and plain. */
function shownPath(text: string): string {
  return text.slice(0, 80).replaceAll(/[^\x21-\x7e]/g, "?");
}
