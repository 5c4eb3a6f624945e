/**
 * The test projects, one per folder. `contract` runs on Node and, by Deno's own process, on Deno; `browser` drives a real
 * Chromium from the Node side, and `browser-timed` those of its tests that look at how long something takes, or keep both
 * cores busy by themselves, one file after another. `fault` simulates whole systems and breaks them; `fault-real` breaks
 * real processes, one file after another for the same reasons.
 */
import preact from "@preact/preset-vite";
import { defineConfig } from "vitest/config";
import { textImports } from "./vite.config.ts";

/** Past every deadline inside a test, so that what a test waited for in vain is what it says. */
const TEST_TIMEOUT_MS = 60_000;

/** For whatever a test polls for. */
const POLL_TIMEOUT_MS = 15_000;

/** More than a small machine has cores: most of these tests wait for processes and sockets most of the time. */
const MAX_WORKERS = 3;

/** Each has a browser and a server of its own. */
const MAX_BROWSERS = 2;

/** What drives a browser. */
const inBrowser = {
  environment: "node",
  testTimeout: TEST_TIMEOUT_MS,
  hookTimeout: TEST_TIMEOUT_MS,
  expect: { poll: { timeout: POLL_TIMEOUT_MS } },
};

/** Real processes are broken; all other faults are simulated. */
const REAL_FAULTS = ["tests/fault/real/*.test.ts"];

/** What searches among many faults. */
const inFaults = { maxConcurrency: 2, testTimeout: 600_000 };

const plugins = [textImports(), preact()];

export default defineConfig({
  test: {
    maxWorkers: MAX_WORKERS,
    projects: [
      {
        plugins,
        test: { name: "unit", include: ["tests/unit/**/*.test.{ts,tsx}"], testTimeout: TEST_TIMEOUT_MS },
      },
      {
        plugins,
        test: {
          name: "contract",
          include: ["tests/contract/**/*.test.ts"],
          testTimeout: TEST_TIMEOUT_MS,
          expect: { poll: { timeout: POLL_TIMEOUT_MS } },
        },
      },
      {
        plugins,
        test: {
          ...inFaults,
          name: "fault",
          include: ["tests/fault/**/*.test.ts"],
          exclude: REAL_FAULTS,
          maxWorkers: 2,
        },
      },
      {
        plugins,
        test: {
          ...inFaults,
          name: "fault-real",
          include: REAL_FAULTS,
          fileParallelism: false,
        },
      },
      {
        plugins,
        test: {
          ...inBrowser,
          name: "browser",
          include: ["tests/browser/*.test.ts"],
          maxWorkers: MAX_BROWSERS,
        },
      },
      {
        plugins,
        test: {
          ...inBrowser,
          name: "browser-timed",
          include: ["tests/browser/timed/*.test.ts"],
          fileParallelism: false,
        },
      },
    ],
  },
});
