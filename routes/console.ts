/**
 * `/` and `/runtimes/{runtime_id}/workers/{worker_id}`: the console, rendered on the server first.
 *
 * Owns what a page is given, how long it waits for that, and in which language it speaks; `pages.tsx` renders it.
 */
import { Hono, type Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ConsoleData, FrameData, ListedRuntime, Locale } from "../islands/console-data.ts";
import type { WorkerRef } from "../protocol/id.ts";
import { asProblem, problemBody, ProblemError, type ProblemBody } from "../protocol/problem.ts";
import type { Backend } from "../server/backend.ts";
import type { Assets } from "../server/platform.ts";
import { renderAwayPage, renderConsolePage, renderErrorPage } from "./pages.tsx";
import { wantsPage } from "./problem.ts";
import { beforeQueryOf, workerRefOf } from "./request.ts";

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

  const frameOf = async (locale: Locale, selected: WorkerRef): Promise<FrameData> => {
    const [all, runtimes] = await Promise.all([
      within(LISTS_MS, backend.listWorkers()),
      within(LISTS_MS, listRuntimes(backend)),
    ]);
    // A Runtime that hangs takes the whole list with it; the Workers around the one that is shown may be there.
    const workers = all ?? (await within(OWN_LIST_MS, backend.listWorkers(selected.runtime_id)).catch(() => undefined));
    const items = workers?.items ?? [];
    return { locale, workspaceName, demo, selected, workers: items, runtimes: [...(runtimes ?? [])] };
  };

  const contentOf = async (selected: WorkerRef, before: number | undefined) => {
    const { snapshot, cursor } = await backend.view(selected);
    if (before === undefined) return { snapshot, cursor };
    return { snapshot, cursor, earlier: await backend.entries(selected, { before, limit: maxRecords }) };
  };

  const page = async (context: Context, selected: WorkerRef): Promise<Response> => {
    const { before } = beforeQueryOf(context, maxRecords);
    const content = within(VIEW_MS, contentOf(selected, before)).then(
      (value) => value ?? new ProblemError("runtime_timeout", "The Worker's conversation did not come in time."),
      asProblem,
    );
    const [frame, found] = await Promise.all([frameOf(localeOf(context), selected), content]);
    context.header("Cache-Control", "no-store");
    context.header("Vary", "Accept-Language");
    if (!(found instanceof Error)) {
      const data: ConsoleData = { ...frame, ...found };
      return context.html(renderConsolePage(data, assets));
    }
    if (found.code === "internal" || !wantsPage(context)) throw found;
    const { code, status, title, detail } = problemBody(found);
    const data = { ...frame, problem: { code, status, title, detail } };
    // why: the table holds statuses that all may have a body; Hono's type lists them one by one.
    return context.html(renderAwayPage(data, assets), status as ContentfulStatusCode);
  };

  return new Hono()
    .get("/", (context) => page(context, backend.companion.ref))
    .get("/runtimes/:runtime_id/workers/:worker_id", (context) => page(context, workerRefOf(context)));
}

/** A failure as a page. */
export function renderProblemPage(problem: ProblemBody, context: Context, assets: Assets): string {
  return renderErrorPage(problem, assets, localeOf(context));
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

/** The first of the browser's languages that the console speaks. */
function localeOf(context: Context): Locale {
  const wanted = (context.req.header("Accept-Language") ?? "")
    .split(",")
    .map((part) => part.trim().toLowerCase().slice(0, 2));
  return wanted.find((language): language is Locale => language === "ja" || language === "en") ?? "en";
}
