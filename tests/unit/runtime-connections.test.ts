/** How many connections a Runtime process takes, against how many observers its operator lets in. */
import { expect, onTestFinished, test } from "vitest";
import { NO_LOG } from "../../runtime/log.ts";
import type { Listen, ListenOptions } from "../../runtime/rest/listener.ts";
import { openRuntimeProcess } from "../../runtime/rest/runtime-process.ts";
import { readRuntimeConfig } from "../../runtime/runtime-config.ts";
import { NO_TRACING } from "../../runtime/tracing/tracing.ts";

const noFiles = () => Promise.reject(new Error("no file is read here"));

test.each([1_000, 12_000, 100_000])("of %i observers none takes a command's connection", async (observers) => {
  const asked: ListenOptions[] = [];
  const listen: Listen = (options) => {
    asked.push(options);
    return Promise.resolve({ url: "http://127.0.0.1:38800", close: () => Promise.resolve() });
  };
  const environment = { YOI_RUNTIME_STORE: "memory", YOI_RUNTIME_MAX_OBSERVERS: String(observers) };
  const config = await readRuntimeConfig(environment, [], noFiles);
  const runtime = await openRuntimeProcess({ config, listen, log: NO_LOG, tracing: NO_TRACING });
  onTestFinished(() => runtime.close());
  expect(asked[0]?.connections?.maxConnections).toBeGreaterThan(observers + 1_000);
});
