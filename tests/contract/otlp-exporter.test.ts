/** The way of spans to a collector: its bound, its patience, its end. The collector is a real HTTP server; time is not. */
import { expect, test } from "vitest";
import { Secret } from "../../runtime/secret.ts";
import { OtlpExporter } from "../../runtime/tracing/otlp-exporter.ts";
import type { EndedSpan } from "../../runtime/tracing/otlp-json.ts";
import { holdClosedPort } from "../support/closed-port.ts";
import { Collector } from "../support/collector.ts";
import { takeLastingPort } from "../support/lasting-port.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MAX_QUEUED_SPANS = 2_048;
const A_WHILE_MS = 60_000;

const span = (number: number): EndedSpan => ({
  traceId: "a".repeat(32),
  spanId: number.toString(16).padStart(16, "0"),
  parentSpanId: null,
  name: `span-${number}`,
  kind: "internal",
  startTs: 1_782_700_000_000.25,
  endTs: 1_782_700_000_001.5,
  attributes: { whole: 7, part: 0.5, yes: true, list: ["a", "b"] },
  events: [],
  hasFailed: false,
});

const urlOf = (port: number) => `http://127.0.0.1:${port}`;

function exporterTo(url: string, clock: ManualClock) {
  const said: string[] = [];
  const note = (message: string) => void said.push(message);
  const exporter = new OtlpExporter({
    collector: { url: `${url}/v1/traces`, headers: new Secret("a=b%20c"), timeoutMs: 5_000 },
    resource: { "service.name": "test" },
    clock,
    fetch,
    log: { error: note, warning: note, info: note, debug: note },
  });
  return { exporter, said };
}

/** Lets time pass until something has come of it. */
async function until(clock: ManualClock, isDone: () => boolean): Promise<void> {
  await expect
    .poll(async () => {
      await clock.advance(A_WHILE_MS);
      return isDone();
    })
    .toBe(true);
}

test("OtlpExporter keeps no more than its bound while nobody takes spans, counts the rest, and hands over when somebody does", async () => {
  const clock = new ManualClock();
  const port = await takeLastingPort();
  const { exporter, said } = exporterTo(urlOf(port), clock);
  for (let i = 0; i < MAX_QUEUED_SPANS + 100; i += 1) exporter.push(span(i));
  await until(clock, () => said.length > 0);
  expect(said).toEqual(["Traces can't be handed over"]);
  expect(exporter.counts).toEqual({ sent: 0, dropped: 100 });

  await using collector = await Collector.start(port);
  await until(clock, () => exporter.counts.sent === MAX_QUEUED_SPANS);
  expect(said).toEqual(["Traces can't be handed over", "Traces can be handed over again"]);
  expect(collector.spans.map(({ name }) => name)).toEqual(
    Array.from({ length: MAX_QUEUED_SPANS }, (_, i) => `span-${i}`),
  );
  expect(exporter.counts).toEqual({ sent: MAX_QUEUED_SPANS, dropped: 100 });
});

test("OtlpExporter writes spans as the protocol has them", async () => {
  const clock = new ManualClock();
  await using collector = await Collector.start();
  const { exporter } = exporterTo(collector.url, clock);
  exporter.push({ ...span(1), parentSpanId: "b".repeat(16), hasFailed: true });
  await exporter.close();
  expect(collector.headers.map((headers) => [headers["a"], headers["content-type"]])).toEqual([
    ["b c", "application/json"],
  ]);
  expect(JSON.parse(collector.text)).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "test" } }] },
        scopeSpans: [
          {
            scope: { name: "yoi-workspace" },
            spans: [
              {
                traceId: "a".repeat(32),
                spanId: "0000000000000001",
                parentSpanId: "b".repeat(16),
                name: "span-1",
                kind: 1,
                startTimeUnixNano: "1782700000000250000",
                endTimeUnixNano: "1782700000001500000",
                attributes: [
                  { key: "whole", value: { intValue: "7" } },
                  { key: "part", value: { doubleValue: 0.5 } },
                  { key: "yes", value: { boolValue: true } },
                  { key: "list", value: { arrayValue: { values: [{ stringValue: "a" }, { stringValue: "b" }] } } },
                ],
                events: [],
                status: { code: 2 },
              },
            ],
          },
        ],
      },
    ],
  });
});

test("OtlpExporter.close() waits for no collector that is away, counts what it had, and takes nothing more", async () => {
  await using closed = await holdClosedPort();
  const { exporter } = exporterTo(urlOf(closed.port), new ManualClock());
  for (let i = 0; i < 3; i += 1) exporter.push(span(i));
  await exporter.close();
  exporter.push(span(4));
  expect(exporter.counts).toEqual({ sent: 0, dropped: 4 });
});

test("OtlpExporter drops what a collector refuses for good, and keeps what it refuses for now", async () => {
  const clock = new ManualClock();
  await using collector = await Collector.start();
  const { exporter } = exporterTo(collector.url, clock);
  collector.status = 400;
  exporter.push(span(1));
  await until(clock, () => exporter.counts.dropped === 1);
  collector.status = 503;
  exporter.push(span(2));
  await until(clock, () => collector.headers.length >= 3);
  collector.status = 200;
  await until(clock, () => exporter.counts.sent === 1);
  expect(collector.spans.map(({ name }) => name)).toEqual(["span-2"]);
});
