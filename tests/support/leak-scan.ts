/**
 * The search for what no browser may learn.
 *
 * Owns how a text is searched, and the requests of every kind to every route whose answers are.
 */
import { API_ROUTES, EVENTS_ROUTE, fillPath } from "./api-routes.ts";
import type { WorkspaceClient, Answer } from "./workspace-client.ts";

/** An answer, as text, and what was asked. */
export interface Said {
  readonly what: string;
  readonly text: string;
}

/**
 * Those canaries that a text holds, in any case, also where it holds them encoded. Digits have to stand alone: the
 * number of a request, a digest or another port may well hold them.
 */
export function canariesIn(text: string, canaries: readonly string[]): readonly string[] {
  const forms = (canary: string) => [canary, encodeURIComponent(canary), btoa(canary).replace(/=+$/, "")];
  const lower = text.toLowerCase();
  const holds = (form: string) =>
    /^\d+$/.test(form) ? new RegExp(`(?<![0-9a-f])${form}(?![0-9a-f])`).test(lower) : lower.includes(form);
  return canaries.filter((canary) => forms(canary).some((form) => holds(form.toLowerCase())));
}

/** All that an answer says, headers included. */
export const wholeText = ({ status, headers, text }: Answer): string => [status, ...headers, text].join("\n");

/**
 * Requests of every kind to every route and page: answered, refused, unknown, malformed.
 *
 * @param known Ids that exist, by their names in the routes.
 */
export async function everyAnswer(
  client: WorkspaceClient,
  known: Readonly<Record<"runtime_id" | "worker_id" | "host_id" | "bundle_id", string>>,
): Promise<readonly Said[]> {
  const said: Said[] = [];
  const note = (what: string, answer: Answer) => said.push({ what, text: wholeText(answer) });
  const unknown = { runtime_id: "nobody", worker_id: "nobody", host_id: "nobody", bundle_id: "nobody" };
  const malformed = { runtime_id: "a.b", worker_id: "%00", host_id: "%ff", bundle_id: "a%2Fb" };
  for (const { method, path } of [...API_ROUTES, EVENTS_ROUTE]) {
    for (const ids of [known, unknown, malformed]) {
      const target = fillPath(path, ids);
      const bodies =
        method === "POST" || method === "PATCH"
          ? ["{}", "{", '{"content":"Hi","reason":1}', '{"content":"Please: status 401"}', '{"display_name":"A"}']
          : [null];
      for (const body of bodies) {
        const init = { method, headers: { "Content-Type": "application/json" }, ...(body === null ? {} : { body }) };
        note(`${method} ${target} ${body ?? ""}`, await client.request(target, init));
      }
      note(`PATCH ${target}`, await client.request(target, { method: "PATCH" }));
      note(`GET ${target}?start=x`, await client.get(`${target}?start=x&limit=y&cursor=z`));
    }
  }
  const pages = [
    "/",
    `/runtimes/${known.runtime_id}/workers/${known.worker_id}`,
    "/runtimes/a/workers/b",
    "/nothing",
    "/metrics",
    "/login",
    "/api/openapi.json",
    "/api/asyncapi.json",
    "/api/reference",
    "/api/reference?lang=ja",
    `/${"%2e%2e/".repeat(4)}etc/passwd`,
  ];
  for (const accept of ["text/html", "*/*"]) {
    for (const page of pages) note(`${page} as ${accept}`, await client.get(page, { Accept: accept }));
  }
  return said;
}

/** The paths of the browser's files that a page names. */
export function filesOf(page: string): readonly string[] {
  const names = page.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css|svg|png|ico|webmanifest))"/g);
  return [...names].map(([, path]) => path!);
}
