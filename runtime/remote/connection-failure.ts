/**
 * Why a Runtime elsewhere could not be reached, as a problem.
 *
 * Owns the closed table from what engines say (codes on Node, words on Deno) to problem codes. What they say names
 * addresses, so it goes no further than this: not even a `cause` keeps it.
 */
import { ProblemError, type ProblemCode } from "../../protocol/problem.ts";

type ConnectionProblem = Extract<
  ProblemCode,
  "runtime_refused" | "runtime_name_unknown" | "runtime_tls_failed" | "runtime_timeout" | "runtime_network_failed"
>;

/** The first that matches any code or message of the chain of causes decides. */
const SIGNS: readonly (readonly [RegExp, ConnectionProblem])[] = [
  [/\bENOTFOUND\b|\bEAI_\w+|dns error|lookup address/i, "runtime_name_unknown"],
  [/\bECONNREFUSED\b|connection refused/i, "runtime_refused"],
  [
    /\bCERT_|_CERT\b|CERTIFICATE|\bERR_TLS|\bERR_SSL|\bEPROTO\b|UNABLE_TO_VERIFY|invalid peer cert|\btls\b|\bssl\b|received corrupt message/i,
    "runtime_tls_failed",
  ],
  [/\bETIMEDOUT\b|UND_ERR_\w+_TIMEOUT|timed out/i, "runtime_timeout"],
];

const WORDS: Readonly<Record<ConnectionProblem, string>> = {
  runtime_refused: "does not accept connections; it may not be running.",
  runtime_name_unknown: "has an address that can't be looked up.",
  runtime_tls_failed: "could not show that it is who it should be; its certificate or its protocol is not right.",
  runtime_timeout: "did not answer in time.",
  runtime_network_failed: "broke the connection off.",
};

/** The problem of a Runtime that did not answer in time. */
export function timedOut(label: string): ProblemError {
  return connectionProblem("runtime_timeout", label);
}

/** The problem of a Runtime whose connection broke. */
export function brokeOff(label: string): ProblemError {
  return connectionProblem("runtime_network_failed", label);
}

/** What an engine's failure to reach a Runtime means. `label` names the Runtime, e.g. `Runtime "lab"`. */
export function connectionFailure(error: unknown, label: string): ProblemError {
  const said = signsOf(error).join(" ");
  const code = SIGNS.find(([pattern]) => pattern.test(said))?.[1] ?? "runtime_network_failed";
  return connectionProblem(code, label);
}

function connectionProblem(code: ConnectionProblem, label: string): ProblemError {
  return new ProblemError(code, `${label} ${WORDS[code]}`);
}

const MAX_DEPTH = 8;

/** The codes and messages of an error, of its causes, and of those that it bundles. */
function signsOf(error: unknown, depth = 0): readonly string[] {
  if (depth > MAX_DEPTH || !(error instanceof Error)) return [];
  const code = "code" in error && typeof error.code === "string" ? [error.code] : [];
  const bundled = error instanceof AggregateError ? error.errors.flatMap((inner) => signsOf(inner, depth + 1)) : [];
  return [...code, withoutAddresses(error.message), ...signsOf(error.cause, depth + 1), ...bundled];
}

/** A host may be called anything, also `timed-out.example`: what a message quotes decides nothing. */
function withoutAddresses(message: string): string {
  return message.replaceAll(/\b(?:https?|wss?):\/\/[^\s)]*/g, "");
}
