/**
 * The Runtime's error vocabulary over HTTP.
 *
 * Owns the mapping from the project's problems to the code and the status that the reference's Runtime answers. A problem
 * that the reference has no word for goes out under its own code and status, so that every problem has an answer; a peer
 * that does not know the code still has the status.
 */
import { problemRow, type ProblemCode } from "../../protocol/problem.ts";

/** How a problem is answered. */
export interface RestError {
  readonly code: string;
  readonly status: number;
}

const INVALID_JSON: RestError = { code: "invalid_json", status: 400 };
const INVALID_REQUEST: RestError = { code: "invalid_request", status: 400 };

/** Problems that the reference answers under another code or with another status than ours. */
const REFERENCE: Partial<Readonly<Record<ProblemCode, RestError>>> = {
  // Whatever is wrong with a JSON body is one code there.
  unsupported_media_type: INVALID_JSON,
  body_too_large: INVALID_JSON,
  invalid_id: { code: "invalid_worker_id", status: 400 },
  input_empty: INVALID_REQUEST,
  worker_stopped: INVALID_REQUEST,
  // What the Workers here can't do, e.g. input of the kind `system`, is their refusal.
  unsupported: { code: "worker_execution_rejected", status: 409 },
};

/** The answer to a problem. */
export function restError(code: ProblemCode): RestError {
  return REFERENCE[code] ?? { code, status: problemRow(code).status };
}
