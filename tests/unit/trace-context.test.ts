/** Trace context, sampling and the standard's variables: what is read, and what is refused. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isSampled, parentOf } from "../../runtime/tracing/sampler.ts";
import { formatTraceparent, parseTraceparent } from "../../runtime/tracing/trace-context.ts";
import { readTracingConfig, TRACING_VARIABLES } from "../../runtime/tracing/tracing-config.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN_ID = "00f067aa0ba902b7";
const DEFAULTS = { serviceName: "of-the-test", hasPlatformExporter: false };
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.example:4318" };
const read = (environment: Readonly<Record<string, string>>) => readTracingConfig(environment, DEFAULTS);

test("parseTraceparent() reads what formatTraceparent() writes", () => {
  for (const isSampled of [true, false]) {
    const context = { traceId: TRACE_ID, spanId: SPAN_ID, isSampled };
    expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
  }
});

test.each([
  ["nothing", undefined],
  ["words", "hello"],
  ["capital digits", `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`],
  ["a trace of zeros", `00-${"0".repeat(32)}-${SPAN_ID}-01`],
  ["a span of zeros", `00-${TRACE_ID}-${"0".repeat(16)}-01`],
  ["the forbidden version", `ff-${TRACE_ID}-${SPAN_ID}-01`],
  ["more than version 00 has", `00-${TRACE_ID}-${SPAN_ID}-01-more`],
  ["two headers in one", `00-${TRACE_ID}-${SPAN_ID}-01, 00-${TRACE_ID}-${SPAN_ID}-01`],
])("parseTraceparent() takes %s for none", (_case, header) => {
  expect(parseTraceparent(header)).toBeNull();
});

test("parseTraceparent() reads a later version that says more", () => {
  expect(parseTraceparent(`01-${TRACE_ID}-${SPAN_ID}-03-more`)).toMatchObject({ isSampled: true });
});

describe("isSampled()", () => {
  const context = { traceId: TRACE_ID, spanId: SPAN_ID, isSampled: true };

  test("follows a parent of ours and a trusted sender, and no other", () => {
    const sampling = { followsParent: true, ratio: 0 };
    expect(isSampled(sampling, { kind: "own", context }, TRACE_ID)).toBe(true);
    expect(isSampled(sampling, { kind: "sender", context, isTrusted: true }, TRACE_ID)).toBe(true);
    expect(isSampled(sampling, { kind: "sender", context, isTrusted: false }, TRACE_ID)).toBe(false);
    expect(isSampled({ ...sampling, followsParent: false }, { kind: "own", context }, TRACE_ID)).toBe(false);
  });

  test("takes a share by the trace's id, the same wherever it is asked", () => {
    const ids = Array.from(
      { length: 1_000 },
      (_, i) => `${"0".repeat(16)}${(i * 16 + 1).toString(16).padStart(4, "0")}${"0".repeat(12)}`,
    );
    const share = (ratio: number) =>
      ids.filter((id) => isSampled({ followsParent: true, ratio }, { kind: "none" }, id)).length;
    expect([share(0), share(0.125), share(1)]).toEqual([0, 512, 1_000]);
  });
});

describe("parentOf()", () => {
  const context = { traceId: TRACE_ID, spanId: SPAN_ID, isSampled: true };
  const stranger = { kind: "sender", context, isTrusted: false } as const;

  test("goes on with no stranger's name where a share is taken by the name", () => {
    for (const followsParent of [true, false]) expect(parentOf({ followsParent, ratio: 0.01 }, stranger)).toBeNull();
  });

  test("goes on with a stranger's name where that decides nothing", () => {
    for (const ratio of [0, 1]) expect(parentOf({ followsParent: true, ratio }, stranger)).toBe(context);
  });

  test("goes on with the names of ours and of who is trusted", () => {
    const sampling = { followsParent: true, ratio: 0.01 };
    expect(parentOf(sampling, { kind: "own", context })).toBe(context);
    expect(parentOf(sampling, { ...stranger, isTrusted: true })).toBe(context);
    expect(parentOf(sampling, { kind: "none" })).toBeNull();
  });
});

describe("readTracingConfig()", () => {
  test("traces nothing where nothing is said, or where it is switched off", () => {
    for (const off of [{}, { OTEL_SDK_DISABLED: "true" }, { OTEL_TRACES_EXPORTER: "none" }]) {
      const environment = Object.keys(off).length === 0 ? {} : { ...ENDPOINT, ...off };
      expect(read(environment)).toEqual({ kind: "none" });
    }
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: "" })).toEqual({ kind: "none" });
  });

  test.each([
    ["http://a.example:4318", undefined, "http://a.example:4318/v1/traces"],
    ["https://a.example/otlp/", undefined, "https://a.example/otlp/v1/traces"],
    ["http://a.example", "http://b.example/as-it-is", "http://b.example/as-it-is"],
  ])("sends traces for %s and %s to %s", (all, own, url) => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: all,
      ...(own === undefined ? {} : { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own }),
    };
    expect(read(environment)).toMatchObject({ kind: "collector", collector: { url, timeoutMs: 10_000 } });
  });

  test("names the service as asked, or by its attributes, or by its own name", () => {
    const named = (more: Readonly<Record<string, string>>) => read({ ...ENDPOINT, ...more });
    const attributes = { OTEL_RESOURCE_ATTRIBUTES: "service.name=by%20attribute,zone=a" };
    expect(named({})).toMatchObject({ resource: { "service.name": "of-the-test" } });
    expect(named(attributes)).toMatchObject({ resource: { "service.name": "by attribute", zone: "a" } });
    expect(named({ ...attributes, OTEL_SERVICE_NAME: "asked" })).toMatchObject({
      resource: { "service.name": "asked" },
    });
  });

  test.each([
    ["always_on", { followsParent: false, ratio: 1 }],
    ["always_off", { followsParent: false, ratio: 0 }],
    ["traceidratio", { followsParent: false, ratio: 0.25 }],
    ["parentbased_always_on", { followsParent: true, ratio: 1 }],
    ["parentbased_always_off", { followsParent: true, ratio: 0 }],
    ["parentbased_traceidratio", { followsParent: true, ratio: 0.25 }],
  ])("knows the sampler %s", (sampler, sampling) => {
    expect(read({ ...ENDPOINT, OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: "0.25" })).toMatchObject({
      sampling,
    });
  });

  test.each([
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://canary.example"],
    ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://canary:word@a.example"],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc-canary"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "canary"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=%canary"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=canary%0Ab"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a%20canary=b"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=canary%E6%97%A5"],
    ["OTEL_EXPORTER_OTLP_TIMEOUT", "canary"],
    ["OTEL_RESOURCE_ATTRIBUTES", "=canary"],
    ["OTEL_TRACES_EXPORTER", "canary"],
    ["OTEL_TRACES_SAMPLER", "canary"],
  ])("refuses %s=%s by its name, without its value", (name, value) => {
    const refuse = () => read({ ...ENDPOINT, [name]: value });
    expect(refuse).toThrow(new RegExp(`^Cannot start: ${name}: expected (?!.*canary)`));
  });

  test("leaves everything to Deno's own exporter where that is switched on, and says who sends the trace's name", () => {
    const onDeno = (environment: Readonly<Record<string, string>>) =>
      readTracingConfig(environment, { ...DEFAULTS, hasPlatformExporter: true });
    expect(onDeno({ OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })).toEqual({
      kind: "platform",
      isSentByPlatform: true,
    });
    expect(onDeno({ OTEL_DENO: "true", OTEL_PROPAGATORS: "none" })).toEqual({
      kind: "platform",
      isSentByPlatform: false,
    });
    expect(onDeno({ OTEL_DENO_TRACING: "true" })).toEqual({ kind: "platform", isSentByPlatform: false });
    expect(read({ OTEL_DENO: "true" })).toEqual({ kind: "none" });
  });

  test("docs/operations.md lists every variable, in order, and no other", () => {
    const rows = readFileSync("docs/operations.md", "utf8").matchAll(/^\| `(OTEL_\w+)` \|/gm);
    expect(Array.from(rows, ([, name]) => name)).toEqual(TRACING_VARIABLES);
  });

  test("reads no variable that it does not name", () => {
    expect(new Set(TRACING_VARIABLES).size).toBe(TRACING_VARIABLES.length);
    const asked = new Set<string>();
    const environment = new Proxy({ ...ENDPOINT } as Record<string, string>, {
      get: (target, name: string) => (asked.add(name), target[name]),
    });
    read(environment);
    expect([...asked].filter((name) => !(TRACING_VARIABLES as readonly string[]).includes(name))).toEqual([]);
  });
});
