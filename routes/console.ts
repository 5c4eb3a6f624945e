/**
 * `/` and `/runtimes/{runtime_id}/workers/{worker_id}`: the console, rendered on the server first.
 *
 * Owns what a page is given, how long it waits for that, and in which language it speaks; `pages.tsx` renders it.
 */
import { Hono, type Context } from "hono";
import { getCookie } from "hono/cookie";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { Locale, type ConsoleData, type FrameData, type ListedRuntime } from "../islands/console-data.ts";
import { LOCALE_COOKIE, THEME_COOKIE } from "../islands/cookies.ts";
import { toolMessagesFor } from "../islands/messages-tools.ts";
import { PAPER, Theme } from "../islands/theme.ts";
import type { AnswerText } from "../islands/transcript/answer-text.ts";
import { TOUR_COOKIE, TourLayout } from "../islands/tour/tour-layout.ts";
import type { WorkerRef } from "../protocol/id.ts";
import { asProblem, problemBody, ProblemError, type ProblemBody } from "../protocol/problem.ts";
import type { Identity } from "../server/access/identity.ts";
import type { Backend } from "../server/backend.ts";
import type { ObservationPolicy } from "../server/policy.ts";
import type { Assets } from "../server/platform.ts";
import { MANIFEST_PATH, renderAwayPage, renderConsolePage, renderErrorPage } from "./pages.tsx";
import { wantsPage } from "./problem.ts";
import { beforeQueryOf, observationOf, workerRefOf } from "./request.ts";

/** What the console's pages need besides the Backend. */
export interface ConsoleOptions {
  readonly assets: Assets;
  readonly workspaceName: string;
  readonly demo: boolean;
  readonly maxRecords: number;
}

/** How long a page waits for its lists; the browser asks again for what did not come. */
const LISTS_MS = 1_500;
const OWN_LIST_MS = 300;
/** How long it waits for the conversation. The Backend goes on opening it: who tries again finds it open. */
const VIEW_MS = 6_000;

/** The console's routes. */
export function consoleRoutes(backend: Backend, options: ConsoleOptions): Hono {
  const { assets, workspaceName, demo, maxRecords } = options;

  const frameOf = async (
    choices: Choices & Pick<FrameData, "base" | "readOnly" | "canLogOut">,
    selected: WorkerRef,
  ): Promise<FrameData> => {
    const [all, runtimes] = await Promise.all([
      within(LISTS_MS, backend.listWorkers()),
      within(LISTS_MS, listRuntimes(backend)),
    ]);
    // A Runtime that hangs takes the whole list with it; the Workers around the one that is shown may be there.
    const workers = all ?? (await within(OWN_LIST_MS, backend.listWorkers(selected.runtime_id)).catch(() => undefined));
    const items = workers?.items ?? [];
    return { ...choices, workspaceName, demo, selected, workers: items, runtimes: [...(runtimes ?? [])] };
  };

  const contentOf = async (selected: WorkerRef, before: number | undefined, policy: ObservationPolicy) => {
    const { snapshot, cursor } = await backend.view(selected, policy);
    if (before === undefined) return { snapshot, cursor };
    return { snapshot, cursor, earlier: await backend.entries(selected, { before, limit: maxRecords }, policy) };
  };

  const page = async (context: Context, selected: WorkerRef): Promise<Response> => {
    const { before } = beforeQueryOf(context, maxRecords);
    const content = within(VIEW_MS, contentOf(selected, before, observationOf(context))).then(
      (value) => value ?? new ProblemError("runtime_timeout", "The Worker's conversation did not come in time."),
      asProblem,
    );
    const [frame, found] = await Promise.all([
      frameOf(
        {
          ...choicesOf(context),
          base: baseOf(context),
          readOnly: !context.get("rights").policy.mayCommand,
          canLogOut: hasLoggedIn(context),
        },
        selected,
      ),
      content,
    ]);
    context.header("Cache-Control", "no-store");
    context.header("Vary", "Accept-Language, Cookie");
    if (!(found instanceof Error)) {
      const data: ConsoleData = { ...frame, ...found };
      return context.html(renderConsolePage(data, assets, await answerTextFor(data)));
    }
    if (found.code === "internal" || !wantsPage(context)) throw found;
    const { code, status, title, detail } = problemBody(found);
    const data = { ...frame, problem: { code, status, title, detail } };
    // why: the table holds statuses that all may have a body; Hono's type lists them one by one.
    return context.html(renderAwayPage(data, assets), status as ContentfulStatusCode);
  };

  return new Hono()
    .get("/", (context) => page(context, backend.companion.ref))
    .get("/runtimes/:runtime_id/workers/:worker_id", (context) => page(context, workerRefOf(context)))
    .get(MANIFEST_PATH, (context) => {
      context.header("Cache-Control", "no-cache");
      context.header("Vary", "Accept-Language, Cookie");
      const manifest = installManifest(workspaceName, choicesOf(context).locale);
      return context.body(JSON.stringify(manifest), 200, { "Content-Type": "application/manifest+json" });
    });
}

/** Loaded with the first page that has something to read: a server that has just started shows one without. */
async function answerTextFor({ snapshot, earlier }: ConsoleData): Promise<AnswerText | undefined> {
  const isEmpty = snapshot.entries.length === 0 && snapshot.in_flight.blocks.length === 0 && earlier === undefined;
  return isEmpty ? undefined : (await import("../islands/markdown/markdown.tsx")).Markdown;
}

/** A failure as a page. */
export function renderProblemPage(problem: ProblemBody, context: Context, assets: Assets): string {
  const requestId: string | undefined = context.get("requestId");
  return renderErrorPage(problem, assets, { ...choicesOf(context), base: baseOf(context), requestId });
}

/** Where the app is served for a request; on its own, without the app around it, at the root. */
function baseOf(context: Context): string {
  return context.get("base") ?? "/";
}

/** Whether the request comes from a login; on its own, without the app around it, nobody is known. */
function hasLoggedIn(context: Context): boolean {
  const identity: Identity | undefined = context.get("identity");
  return identity?.kind === "session";
}

/** The Runtimes, each with when it was heard last, which its hosts tell. */
async function listRuntimes(backend: Backend): Promise<readonly ListedRuntime[]> {
  const [runtimes, hosts] = await Promise.all([backend.listRuntimes(), backend.listHosts()]);
  return runtimes.items.map((runtime) => ({
    ...runtime,
    last_seen_at: hosts.items.find(({ runtime_id }) => runtime_id === runtime.runtime_id)?.last_seen_at ?? null,
  }));
}

/** What comes in time; `undefined` for what does not. */
async function within<Value>(ms: number, awaited: Promise<Value>): Promise<Value | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  try {
    return await Promise.race([awaited, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** How the reader wants pages. */
type Choices = Pick<FrameData, "locale" | "theme" | "tour">;

/** How the reader of a request wants pages. */
export function choicesOf(context: Context): Choices {
  const theme = Theme.safeParse(getCookie(context, THEME_COOKIE));
  const tour = TourLayout.safeParse(getCookie(context, TOUR_COOKIE));
  return {
    locale: localeOf(context),
    theme: theme.success ? theme.data : "system",
    tour: tour.success ? tour.data : "open",
  };
}

/**
 * What an installed app is. Its addresses are relative to its own, so that it is right under every base.
 * `{"name":"Workspace","start_url":"./","scope":"./","icons":[…]}`
 */
function installManifest(name: string, locale: Locale) {
  const png = (src: string, sizes: string, purpose: string) => ({ src, sizes, type: "image/png", purpose });
  return {
    name,
    short_name: name,
    description: toolMessagesFor(locale).appDescription,
    lang: locale,
    start_url: "./",
    scope: "./",
    display: "standalone",
    background_color: PAPER.light,
    theme_color: PAPER.light,
    icons: [
      { src: "icon.svg", sizes: "any", type: "image/svg+xml", purpose: "any" },
      png("icon-192.png", "192x192", "any"),
      png("icon-512.png", "512x512", "any"),
      png("icon-maskable-512.png", "512x512", "maskable"),
    ],
  };
}

/**
 * The language of a page: `?lang=`, then the one that was chosen in this browser, then the first of the browser's own
 * that the console speaks.
 */
function localeOf(context: Context): Locale {
  for (const chosen of [context.req.query("lang"), getCookie(context, LOCALE_COOKIE)]) {
    const locale = Locale.safeParse(chosen);
    if (locale.success) return locale.data;
  }
  const wanted = (context.req.header("Accept-Language") ?? "")
    .split(",")
    .map((part) => part.trim().toLowerCase().slice(0, 2));
  return wanted.find((language): language is Locale => language === "ja" || language === "en") ?? "en";
}
