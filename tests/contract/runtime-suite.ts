/** What every Runtime must do, whatever stands between it and its caller. Called with each kind of Runtime there is. */
import { describe } from "vitest";
import type { CreateSubject, RuntimeCapabilitiesUnderTest } from "../support/runtime-subject.ts";
import { cancelSuite } from "./runtime-suite-cancel.ts";
import { filesSuite } from "./runtime-suite-files.ts";
import { inputSuite } from "./runtime-suite-input.ts";
import { observeSuite } from "./runtime-suite-observe.ts";
import { paceSuite } from "./runtime-suite-pace.ts";
import { pagesSuite } from "./runtime-suite-pages.ts";
import { runSuite } from "./runtime-suite-run.ts";
import { lifecycleSuite } from "./runtime-suite-lifecycle.ts";
import { workersSuite } from "./runtime-suite-workers.ts";

/** The contract of `Runtime`. */
export function runtimeSuite(
  name: string,
  createSubject: CreateSubject,
  capabilities: RuntimeCapabilitiesUnderTest,
): void {
  describe(`${name}, as a Runtime`, () => {
    workersSuite(createSubject, capabilities);
    inputSuite(createSubject);
    runSuite(createSubject);
    cancelSuite(createSubject, capabilities);
    paceSuite(createSubject);
    lifecycleSuite(createSubject, capabilities);
    pagesSuite(createSubject);
    filesSuite(createSubject, capabilities);
    observeSuite(createSubject, capabilities);
  });
}
