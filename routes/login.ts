/**
 * `/login` and `/logout`: the way in and out for people.
 *
 * Owns the form's fields, and where a person goes next. Who may come in, and the cookie that says so, is the matter of
 * `server/access/`.
 */
import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import * as z from "zod/mini";
import { arrived } from "../protocol/arrived.ts";
import { asProblem, ProblemError, problemRow } from "../protocol/problem.ts";
import type { Access } from "../server/access/access.ts";
import type { Assets } from "../server/platform.ts";
import { choicesOf } from "./console.ts";
import { sayWhenAgain } from "./problem.ts";
import { renderLoginPage } from "./login-page.tsx";

/** What the login needs. */
export interface LoginOptions {
  readonly assets: Assets;
  readonly workspaceName: string;
}

/** Longest way back, in UTF-16 code units. */
const NEXT_MAX_CHARS = 2_048;

const LoginForm = z.object({
  token: z.string().check(z.minLength(1), z.maxLength(1_024)),
  next: z._default(z.string().check(z.maxLength(NEXT_MAX_CHARS)), ""),
});
const LogoutForm = z.object({ everywhere: z.optional(z.literal("1")) });

/** The page to log in; open to everybody. */
export function loginRoutes(access: Access, options: LoginOptions): Hono {
  const page = (context: Context, next: string, problem: ProblemError | null) => {
    const { assets, workspaceName } = options;
    context.header("Cache-Control", "no-store");
    if (problem !== null) sayWhenAgain(context, problem);
    const html = renderLoginPage({ workspaceName, next, problem }, assets, {
      base: context.get("base"),
      ...choicesOf(context),
    });
    // why: the table holds statuses that all may have a body; Hono's type lists them one by one.
    return context.html(html, problem === null ? 200 : (problemRow(problem.code).status as ContentfulStatusCode));
  };

  return new Hono()
    .get("/login", (context) => page(context, safeNext(context.req.query("next") ?? ""), null))
    .post("/login", async (context) => {
      const form = LoginForm.safeParse(await formOf(context));
      if (!form.success) return page(context, "", new ProblemError("login_failed", "The form has no access token."));
      const next = safeNext(form.data.next);
      try {
        await access.logIn(context, form.data.token);
        return context.redirect(context.get("base") + next, 303);
      } catch (error) {
        const problem = asProblem(error);
        if (problem.code !== "login_failed" && problem.code !== "too_many_tries") throw error;
        return page(context, next, problem);
      }
    });
}

/** The way out; for those who are in. */
export function logoutRoutes(access: Access): Hono {
  return new Hono().post("/logout", async (context) => {
    const base = context.get("base");
    const form = LogoutForm.safeParse(await formOf(context));
    await access.logOut(context, form.success && form.data.everywhere === "1");
    return context.redirect(`${base}login`, 303);
  });
}

/** A form's fields. @throws ProblemError request_too_slow, invalid_request */
function formOf(context: Context): Promise<unknown> {
  return arrived(context.req.parseBody(), context.get("bodyTimeoutMs"));
}

/** A path below the base and nothing else: never another site, never the login again, nor more than a form takes. */
function safeNext(next: string): string {
  const path = next.length > NEXT_MAX_CHARS ? "" : next.replace(/^\/+/, "");
  const isPath = /^[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$/.test(path) && !path.includes("//") && !path.includes(":/");
  return isPath && !path.startsWith("login") && !path.startsWith("logout") ? path : "";
}
