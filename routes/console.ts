/**
 * `/` and `/runtimes/{runtime_id}/workers/{worker_id}`: the console, rendered on the server first.
 *
 * Owns what a page is given and in which language it speaks; `pages.tsx` renders it.
 */
import { Hono, type Context } from "hono";
import type { ConsoleData, Locale } from "../islands/console-data.ts";
import type { WorkerRef } from "../protocol/id.ts";
import type { ProblemBody } from "../protocol/problem.ts";
import type { Backend } from "../server/backend.ts";
import type { Assets } from "../server/platform.ts";
import { renderConsolePage, renderErrorPage } from "./pages.tsx";
import { beforeQueryOf, workerRefOf } from "./request.ts";

/** What the console's pages need besides the Backend. */
export interface ConsoleOptions {
  readonly assets: Assets;
  readonly workspaceName: string;
  readonly demo: boolean;
  readonly maxRecords: number;
}

/** The console's routes. */
export function consoleRoutes(backend: Backend, options: ConsoleOptions): Hono {
  const { assets, workspaceName, demo, maxRecords } = options;

  const page = async (context: Context, selected: WorkerRef): Promise<Response> => {
    const { before } = beforeQueryOf(context, maxRecords);
    const [view, workers] = await Promise.all([backend.view(selected), backend.listWorkers()]);
    const earlier = before === undefined ? null : await backend.entries(selected, { before, limit: maxRecords });
    const data: ConsoleData = {
      locale: localeOf(context),
      workspaceName,
      demo,
      selected,
      workers: workers.items,
      snapshot: view.snapshot,
      cursor: view.cursor,
      ...(earlier ? { earlier } : {}),
    };
    context.header("Cache-Control", "no-store");
    context.header("Vary", "Accept-Language");
    return context.html(renderConsolePage(data, assets));
  };

  return new Hono()
    .get("/", (context) => page(context, backend.companion.ref))
    .get("/runtimes/:runtime_id/workers/:worker_id", async (context) => {
      const ref = workerRefOf(context);
      await backend.getWorker(ref);
      return page(context, ref);
    });
}

/** A failure as a page. */
export function renderProblemPage(problem: ProblemBody, context: Context, assets: Assets): string {
  return renderErrorPage(problem, assets, localeOf(context));
}

/** The first of the browser's languages that the console speaks. */
function localeOf(context: Context): Locale {
  const wanted = (context.req.header("Accept-Language") ?? "")
    .split(",")
    .map((part) => part.trim().toLowerCase().slice(0, 2));
  return wanted.find((language): language is Locale => language === "ja" || language === "en") ?? "en";
}
