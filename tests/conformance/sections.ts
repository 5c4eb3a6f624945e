/** All sections of the kit, in their order. What makes Workers comes before what talks to them. */
import type { Section } from "./check.ts";
import { authChecks } from "./checks/auth.ts";
import { bundleChecks } from "./checks/bundles.ts";
import { inputChecks } from "./checks/input.ts";
import { lifecycleChecks } from "./checks/lifecycle.ts";
import { observationChecks } from "./checks/observation.ts";
import { resumeChecks } from "./checks/resume.ts";
import { runtimeChecks } from "./checks/runtime.ts";
import { streamEndChecks } from "./checks/stream-ends.ts";
import { transcriptChecks } from "./checks/transcript.ts";
import { workerChecks } from "./checks/workers.ts";

export const SECTIONS: readonly Section[] = [
  runtimeChecks,
  authChecks,
  bundleChecks,
  workerChecks,
  inputChecks,
  transcriptChecks,
  lifecycleChecks,
  observationChecks,
  resumeChecks,
  streamEndChecks,
];
