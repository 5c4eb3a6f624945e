/**
 * What the observation tells its operator.
 *
 * Owns the interface only. Without one nothing is reported.
 */
import type { ProblemCode } from "../../protocol/problem.ts";

/** Is told of observers. */
export interface ObserverTelemetry {
  joined(): void;
  left(): void;
  /** One was told a problem: it was not let in, or it was let go. */
  ended(code: ProblemCode): void;
}

const nothing = (): void => {};

/** Reports nothing. */
export const NO_OBSERVER_TELEMETRY: ObserverTelemetry = { joined: nothing, left: nothing, ended: nothing };
