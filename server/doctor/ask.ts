/**
 * The seam to HTTP as the doctor needs it: an answer as it comes over the wire, neither decoded nor redirected.
 *
 * Owns the interface, and what is common to those who ask. `../node-doctor-ask.ts` fulfils it.
 */
import { asProblem, ProblemError } from "../../protocol/problem.ts";
import { parseJson } from "../../runtime/parse-json.ts";
import { ProblemBody } from "./problem-body.ts";

/** What to ask. */
export interface Question {
  readonly url: URL;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Until the whole answer is there, or as much of it as is wanted. */
  readonly timeoutMs: number;
  /** Told of every piece as it comes. */
  readonly onPiece?: (text: string) => void;
  /** Breaks it off, which is a failure like any other. */
  readonly signal?: AbortSignal;
}

/** What came. */
export interface Reply {
  readonly status: number;
  /** Lower-case names; more than one of a name are joined by commas, cookies by lines. */
  readonly headers: Readonly<Record<string, string>>;
  /** As many bytes as are read at the most. */
  readonly text: string;
}

/** Asks. @throws what the platform throws where there is no answer, `timed out` where it takes too long */
export type Ask = (question: Question) => Promise<Reply>;

/** The code of the server's problem in an answer; null: the answer is not one of the server's problems. */
export function problemCodeOf({ headers, text }: Reply): string | null {
  if (!headers["content-type"]?.startsWith("application/problem+json")) return null;
  return ProblemBody.safeParse(parseJson(text)).data?.code ?? null;
}

/** Why something could not be reached, in words that name no address. */
export function reasonOf(error: unknown): string {
  return error instanceof ProblemError ? asProblem(error).detail.replace(/^it |\.$/g, "") : "the connection failed";
}
