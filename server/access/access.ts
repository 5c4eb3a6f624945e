/**
 * Who is let in.
 *
 * Owns the one check that every request passes before any route: the site that it comes from, then the visitor. Without an
 * access token nobody is asked for a name; with one, every page, route and socket needs a session, the token itself (for
 * programs), or a user whom a trusted proxy names. No credential is ever read from an address.
 */
import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { ProblemError } from "../../protocol/problem.ts";
import { SESSION_COOKIE } from "../../protocol/session-cookie.ts";
import { digest, isSameDigest } from "../../runtime/digest.ts";
import { clientOf, networkOf } from "./client.ts";
import { ANYONE, type Identity } from "./identity.ts";
import { checkSite, type SiteRules } from "./same-site.ts";
import { SESSION_IDLE_MS, type Sessions } from "./sessions.ts";
import type { LoginResult } from "../observability/metrics.ts";
import type { Tries } from "./tries.ts";
import { isFromProxy, visitorOf, type ProxyTrust, type Visitor } from "./visitor.ts";

/** What access is made of. */
export interface AccessOptions {
  /** What a login needs; null: nobody logs in. */
  readonly token: string | null;
  readonly rules: SiteRules;
  readonly proxies: ProxyTrust;
  readonly sessions: Sessions;
  readonly tries: Tries;
  /** Told of every token that was tried. */
  readonly onTry: (result: LoginResult, visitor: Visitor) => void;
}

declare module "hono" {
  interface ContextVariableMap {
    identity: Identity;
    visitor: Visitor;
  }
}

/** The way in. */
export interface Access {
  /** Whether people log in. */
  readonly hasLogin: boolean;
  /** Whether a request comes through a proxy of the operator's. */
  isFromProxy(context: Context): boolean;
  /** Refuses other sites; for every request, also those that need no login. */
  readonly guardSite: MiddlewareHandler;
  /** Refuses whoever may not come in. */
  readonly requireIdentity: MiddlewareHandler;
  /**
   * Begins a session for whoever gives the token, and sets its cookie.
   *
   * @throws ProblemError login_failed, too_many_tries
   */
  logIn(context: Context, token: string): Promise<void>;
  /** Ends the session of a request, or all for whoever holds the token, and takes the cookie away. */
  logOut(context: Context, everywhere: boolean): Promise<void>;
}

/** Makes the way in. */
export function createAccess({ token, rules, proxies, sessions, tries, onTry }: AccessOptions): Access {
  const expected = token === null ? null : digest(token);

  const checkToken = async (given: string, visitor: Visitor): Promise<void> => {
    // Whoever has one address of an IPv6 network has all of them to guess from.
    const address = networkOf(visitor.address);
    // Before the check, behind which nothing is waited for: tries that come at the same time are counted one by one.
    const [tried, right] = await Promise.all([digest(given), expected]);
    try {
      tries.check(address);
    } catch (error) {
      onTry("limited", visitor);
      throw error;
    }
    if (right !== null && isSameDigest(tried, right)) return tries.succeeded(address);
    tries.failed(address);
    onTry("refused", visitor);
    throw new ProblemError("login_failed", "The access token is not the one of this server.");
  };

  const identify = async (context: Context): Promise<Identity | null> => {
    const visitor = context.get("visitor");
    if (visitor.user !== null) return { kind: "user", name: visitor.user };
    if (token === null) return proxies.userHeader === null ? ANYONE : null;
    const secret = getCookie(context, SESSION_COOKIE);
    // The answer to a socket takes no cookie along: renewed by it, the login would still end in the browser.
    const session = secret === undefined ? null : await sessions.find(secret, !asksForSocket(context));
    if (secret !== undefined && session !== null) {
      if (session.isRenewed) keepCookie(context, secret);
      return { kind: "session", sessionId: session.id, ended: session.ended };
    }
    const bearer = /^Bearer +(\S+)$/i.exec(context.req.header("Authorization") ?? "")?.[1];
    if (bearer === undefined) return null;
    await checkToken(bearer, visitor);
    return { kind: "program" };
  };

  return {
    hasLogin: token !== null,

    isFromProxy: (context) => isFromProxy(context, proxies),

    async guardSite(context, next) {
      const visitor = visitorOf(context, proxies);
      context.set("visitor", visitor);
      const { req } = context;
      checkSite(
        {
          method: req.method,
          path: req.path,
          isSocket: asksForSocket(context),
          host: visitor.host,
          origin: req.header("Origin"),
          fetchSite: req.header("Sec-Fetch-Site"),
        },
        rules,
      );
      await next();
    },

    async requireIdentity(context, next) {
      const identity = await identify(context);
      if (identity === null) {
        throw new ProblemError("login_required", "This server needs a login, or its access token as a bearer token.");
      }
      context.set("identity", identity);
      context.set("client", clientOf(identity, context.get("visitor")));
      await next();
    },

    async logIn(context, given) {
      const visitor = context.get("visitor");
      await checkToken(given, visitor);
      onTry("accepted", visitor);
      keepCookie(context, await sessions.begin());
    },

    async logOut(context, everywhere) {
      const identity = context.get("identity");
      // Whatever becomes of the session, this browser has none any more.
      deleteCookie(context, SESSION_COOKIE, { path: context.get("base") });
      // Whom a proxy names came in without the token, and ends no login of those who have it.
      if (identity.kind === "user") return;
      if (everywhere) await sessions.endAll();
      else if (identity.kind === "session") await sessions.end(identity.sessionId);
    },
  };
}

function asksForSocket({ req }: Context): boolean {
  return req.header("Upgrade")?.toLowerCase() === "websocket";
}

/** Sets a session's cookie, which lasts as long as a session without a visit. */
function keepCookie(context: Context, secret: string): void {
  setCookie(context, SESSION_COOKIE, secret, {
    path: context.get("base"),
    httpOnly: true,
    sameSite: "Lax",
    secure: context.get("visitor").isSecure,
    maxAge: SESSION_IDLE_MS / 1_000,
  });
}
