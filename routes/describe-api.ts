/**
 * The Backend's API, described.
 *
 * Owns what its OpenAPI document says besides the operations. Loaded when somebody first asks for it: a server starts
 * without.
 */
import * as z from "zod/mini";
import * as backendApi from "../protocol/backend-api.ts";
import * as configBundle from "../protocol/config-bundle.ts";
import * as conversationFile from "../protocol/conversation-file.ts";
import * as entry from "../protocol/entry.ts";
import * as id from "../protocol/id.ts";
import { createOpenApi, type OpenApiDocument } from "../protocol/openapi.ts";
import * as problem from "../protocol/problem.ts";
import * as runView from "../protocol/run-view.ts";
import * as runtimeApi from "../protocol/runtime-api.ts";
import * as segment from "../protocol/segment.ts";
import { SESSION_COOKIE } from "../protocol/session-cookie.ts";
import { COMMON_PROBLEMS } from "./operation-problems.ts";
import { OPERATIONS } from "./operations.ts";

/** The version that the documents carry: the API's own. */
export const API_VERSION = "1.0.0";

/** The OpenAPI document, as for a server at the root. */
export function describeApi(): OpenApiDocument {
  return createOpenApi({
    title: "The workspace's API",
    description: "Workers, their conversations, and the Runtimes that they live in.",
    version: API_VERSION,
    base: "/",
    operations: OPERATIONS,
    modules: [backendApi, runtimeApi, configBundle, conversationFile, entry, id, problem, runView, segment],
    pathParameters: {
      runtime_id: id.RuntimeId,
      worker_id: id.WorkerId,
      host_id: id.HostId,
      bundle_id: z
        .string()
        .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]*$/), z.maxLength(configBundle.CONFIG_BUNDLE_ID_MAX_CHARS)),
    },
    commonProblems: COMMON_PROBLEMS,
    failure: {
      mediaType: "application/problem+json",
      schema: problem.ProblemBody,
      rowOf: (code) => ({ code, status: problem.problemRow(code).status }),
      narrow: (codes) => ({ type: "object", properties: { code: { enum: codes } } }),
    },
    securitySchemes: {
      token: { type: "http", scheme: "bearer", description: "The access token, for programs." },
      session: { type: "apiKey", in: "cookie", name: SESSION_COOKIE, description: "A person's login." },
    },
  });
}
