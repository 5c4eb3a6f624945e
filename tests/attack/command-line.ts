/**
 * The attack's command line: what is attacked, on which engines, and how often.
 *
 * Owns the words and what is said of a wrong one.
 */
import { parseArgs } from "node:util";
import { ENGINES, type Engine } from "../bench/harness/engine.ts";
import type { Target } from "./attack.ts";

/** `["--only", "runtime", "--seed", "7"]`, read. */
export interface AttackOrder {
  readonly targets: readonly Target[];
  readonly engines: readonly Engine[];
  readonly requests: number;
  readonly seed: number;
}

const TARGETS = ["workspace", "runtime"] as const satisfies readonly Target[];
const DEFAULT_REQUESTS = "100000";

/**
 * Reads the words after `npm run attack --`.
 *
 * @throws RangeError in words for whoever typed them
 */
export function parseCommandLine(args: readonly string[]): AttackOrder {
  const { values } = parseArgs({
    args: [...args],
    options: {
      requests: { type: "string", default: DEFAULT_REQUESTS },
      seed: { type: "string", default: "1" },
      only: { type: "string", default: TARGETS.join(",") },
      engines: { type: "string", default: ENGINES.join(",") },
    },
  });
  return {
    targets: namesIn("only", values.only, TARGETS),
    engines: namesIn("engines", values.engines, ENGINES),
    requests: numberIn("requests", values.requests),
    seed: numberIn("seed", values.seed),
  };
}

function namesIn<Name extends string>(flag: string, text: string, all: readonly Name[]): readonly Name[] {
  const names = text.split(",");
  const unknown = names.filter((name) => !all.some((known) => known === name));
  if (unknown.length === 0) return all.filter((known) => names.includes(known));
  throw new RangeError(`Cannot attack "${unknown.join(", ")}": --${flag} takes ${all.join(", ")}, with commas between`);
}

function numberIn(flag: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new RangeError(`Cannot attack: --${flag} takes a whole number from 1 on, not "${text}"`);
}
