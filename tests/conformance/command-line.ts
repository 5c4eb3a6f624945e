/**
 * The kit's command line.
 *
 * Owns its flags and what is wrong with them. The token comes from the environment, by the name of its variable: a command
 * line is seen by everybody on the machine.
 */
import { parseArgs } from "node:util";
import { RuntimeEndpoint } from "../../runtime/remote/endpoint.ts";
import type { ConformanceOptions } from "./conformance.ts";
import { DEFAULT_KIT_LIMITS, type KitLimits } from "./limits.ts";
import { SECTIONS } from "./sections.ts";

const DEFAULT_MESSAGE = "Hello. Please answer in one or two sentences.";

/** What the command line asks for. */
export interface CommandLine {
  readonly options: ConformanceOptions;
  readonly isJson: boolean;
}

/** @throws Error that names what is wrong */
export function readCommandLine(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "token-env": { type: "string" },
      message: { type: "string", default: DEFAULT_MESSAGE },
      "answer-timeout-ms": { type: "string" },
      "request-timeout-ms": { type: "string" },
      only: { type: "string", multiple: true },
      json: { type: "boolean", default: false },
    },
  });
  const [baseUrl, ...others] = positionals;
  if (baseUrl === undefined || others.length > 0) throw new Error("expected one URL, e.g. http://127.0.0.1:38800");
  const tokenName = values["token-env"];
  const token = tokenName === undefined ? null : (environment[tokenName] ?? "");
  if (token === "") throw new Error(`--token-env: ${tokenName} is not set`);
  void new RuntimeEndpoint(baseUrl, token);
  if (values.message.trim() === "") throw new Error("--message: expected at least one visible character");
  const { only } = values;
  const unknown = only?.find((name) => !SECTIONS.some((section) => section.name === name));
  if (unknown !== undefined) {
    throw new Error(`--only: expected one of ${SECTIONS.map(({ name }) => name).join(", ")}, not ${unknown}`);
  }
  const milliseconds = (name: "answer-timeout-ms" | "request-timeout-ms", fallback: number): number => {
    const text = values[name];
    if (text === undefined) return fallback;
    if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new Error(`--${name}: expected milliseconds, not ${text}`);
    return Number(text);
  };
  const limits: KitLimits = {
    ...DEFAULT_KIT_LIMITS,
    answerTimeoutMs: milliseconds("answer-timeout-ms", DEFAULT_KIT_LIMITS.answerTimeoutMs),
    requestTimeoutMs: milliseconds("request-timeout-ms", DEFAULT_KIT_LIMITS.requestTimeoutMs),
  };
  const options = { baseUrl, token, message: values.message, limits, ...(only === undefined ? {} : { only }) };
  return { options, isJson: values.json };
}
