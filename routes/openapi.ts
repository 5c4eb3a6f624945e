/**
 * `/api/openapi.json`, `/api/asyncapi.json` and `/api/reference`: the API, described for programs and for people.
 *
 * Owns when descriptions are made: at the first request, once. They are the same for everybody, so they may be kept by
 * whoever asks, as long as it asks whether they have changed.
 */
import { Hono, type Context } from "hono";
import type { Assets } from "../server/platform.ts";
import { choicesOf } from "./console.ts";

/** What the descriptions need. */
export interface DescriptionOptions {
  readonly assets: Pick<Assets, "styles">;
  readonly workspaceName: string;
  /** Where the app is served for a request. */
  readonly baseOf: (context: Context) => string;
}

/** The routes of the descriptions. */
export function descriptionRoutes({ assets, workspaceName, baseOf }: DescriptionOptions): Hono {
  const openApi = once(async () => (await import("./describe-api.ts")).describeApi());
  const asyncApi = once(async () => {
    const [{ createAsyncApi }, { API_VERSION }] = await Promise.all([
      import("../protocol/asyncapi.ts"),
      import("./describe-api.ts"),
    ]);
    return createAsyncApi(API_VERSION);
  });
  return new Hono()
    .get("/api/openapi.json", async (context) => {
      const document = { ...(await openApi()), servers: [{ url: baseOf(context) }] };
      return context.json(document, 200, { "Cache-Control": "no-cache" });
    })
    .get("/api/asyncapi.json", async (context) => context.json(await asyncApi(), 200, { "Cache-Control": "no-cache" }))
    .get("/api/reference", async (context) => {
      const { renderReferencePage } = await import("./reference-page.tsx");
      context.header("Cache-Control", "no-cache");
      context.header("Vary", "Accept-Language, Cookie");
      return context.html(
        renderReferencePage({ workspaceName }, assets, {
          base: baseOf(context),
          ...choicesOf(context),
        }),
      );
    });
}

/** Makes it at the first call. A failure is not kept. */
function once<Value extends object>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null;
  return async () => {
    made ??= make();
    try {
      return await made;
    } catch (error) {
      made = null;
      throw error;
    }
  };
}
