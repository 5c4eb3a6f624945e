/**
 * What the environment says about traces, under OpenTelemetry's own names.
 *
 * Owns their reading: which of the standard's variables count here, their defaults, and what is said of a wrong one. They
 * are no settings of ours: an operator has them in the environment of every program, so that a table of ours, or a file,
 * would say them twice.
 */
import { Secret } from "../secret.ts";
import { ConfigError, type Environment } from "../settings.ts";
import type { CollectorConfig } from "./otlp-exporter.ts";
import { pairsOf } from "./pairs.ts";
import type { Sampling } from "./sampler.ts";
import type { Attributes } from "./tracing.ts";

/** Where traces go. */
export type TracingConfig =
  | { readonly kind: "none" }
  /** To the platform's own exporter, which reads the rest of the variables itself. */
  | { readonly kind: "platform"; readonly isSentByPlatform: boolean }
  | {
      readonly kind: "collector";
      readonly collector: CollectorConfig;
      readonly resource: Attributes;
      readonly sampling: Sampling;
    };

/** The variables that count, in the order of their documentation. */
export const TRACING_VARIABLES = [
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_EXPORTER_OTLP_TIMEOUT",
  "OTEL_EXPORTER_OTLP_PROTOCOL",
  "OTEL_TRACES_EXPORTER",
  "OTEL_TRACES_SAMPLER",
  "OTEL_TRACES_SAMPLER_ARG",
  "OTEL_SERVICE_NAME",
  "OTEL_RESOURCE_ATTRIBUTES",
  "OTEL_SDK_DISABLED",
] as const;

type Variable = (typeof TRACING_VARIABLES)[number];

const PROTOCOL = "http/json";
const TRACES_PATH = "v1/traces";
const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 60_000;
const ROOT_SAMPLERS = ["always_on", "always_off", "traceidratio"] as const;
const PARENT_BASED = "parentbased_";
const PAIRS = /^\s*[^=,\s]+\s*=[^,]*(?:,\s*[^=,\s]+\s*=[^,]*)*$/;

/** How a program is called where nobody says. */
export interface TracingDefaults {
  readonly serviceName: string;
  /** Whether the platform has an exporter of its own that may be switched on: Deno's. */
  readonly hasPlatformExporter: boolean;
}

/**
 * Reads what is chosen. An empty value counts as absent.
 *
 * @throws ConfigError that names the variable and never repeats a value
 */
export function readTracingConfig(environment: Environment, defaults: TracingDefaults): TracingConfig {
  const read = (name: Variable): string | undefined => environment[name]?.trim() || undefined;
  const isOn = (name: string): boolean => environment[name]?.toLowerCase() === "true";
  if (isOn("OTEL_SDK_DISABLED") || read("OTEL_TRACES_EXPORTER") === "none") return { kind: "none" };
  if (defaults.hasPlatformExporter && (isOn("OTEL_DENO") || isOn("OTEL_DENO_TRACING"))) {
    const propagators = environment["OTEL_PROPAGATORS"] ?? "tracecontext";
    return { kind: "platform", isSentByPlatform: isOn("OTEL_DENO") && /\btracecontext\b/.test(propagators) };
  }
  const url = urlOf(read);
  if (url === null) return { kind: "none" };
  check(read, "OTEL_TRACES_EXPORTER", (value) => value === "otlp", "otlp or none");
  check(read, "OTEL_EXPORTER_OTLP_PROTOCOL", (value) => value === PROTOCOL, `${PROTOCOL}, the one that is spoken here`);
  check(read, "OTEL_EXPORTER_OTLP_HEADERS", areHeaders, "name=value,name=value, percent-encoded");
  check(read, "OTEL_RESOURCE_ATTRIBUTES", isPairs, "name=value,name=value, percent-encoded");
  const milliseconds = `a whole number of milliseconds from 1 to ${MAX_TIMEOUT_MS}`;
  const timeout = read("OTEL_EXPORTER_OTLP_TIMEOUT") ?? String(DEFAULT_TIMEOUT_MS);
  const isTimeout = /^\d{1,6}$/.test(timeout) && Number(timeout) >= 1 && Number(timeout) <= MAX_TIMEOUT_MS;
  if (!isTimeout) throw wrong("OTEL_EXPORTER_OTLP_TIMEOUT", milliseconds);
  const headers = read("OTEL_EXPORTER_OTLP_HEADERS");
  const resource = Object.fromEntries(pairsOf(read("OTEL_RESOURCE_ATTRIBUTES")));
  const serviceName = read("OTEL_SERVICE_NAME") ?? resource["service.name"] ?? defaults.serviceName;
  return {
    kind: "collector",
    collector: { url, headers: headers === undefined ? null : new Secret(headers), timeoutMs: Number(timeout) },
    resource: { ...resource, "service.name": serviceName },
    sampling: samplingOf(read),
  };
}

type Read = (name: Variable) => string | undefined;

/** The address for traces as it is, or the one for everything with their path behind it. */
function urlOf(read: Read): string | null {
  const own = read("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  const name = own === undefined ? "OTEL_EXPORTER_OTLP_ENDPOINT" : "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
  const given = own ?? read(name);
  if (given === undefined) return null;
  const url = URL.parse(given);
  const isAddress = url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
  if (!isAddress) throw wrong(name, "a URL that begins with http:// or https://, without a user and a password");
  if (own !== undefined) return url.href;
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  url.pathname += TRACES_PATH;
  return url.href;
}

function samplingOf(read: Read): Sampling {
  const sampler = read("OTEL_TRACES_SAMPLER") ?? "parentbased_always_on";
  const followsParent = sampler.startsWith(PARENT_BASED);
  const root = ROOT_SAMPLERS.find((name) => name === (followsParent ? sampler.slice(PARENT_BASED.length) : sampler));
  if (root === undefined) {
    throw wrong("OTEL_TRACES_SAMPLER", `${ROOT_SAMPLERS.join(", ")}, or one of them after ${PARENT_BASED}`);
  }
  if (root !== "traceidratio") return { followsParent, ratio: root === "always_on" ? 1 : 0 };
  const ratio = read("OTEL_TRACES_SAMPLER_ARG") ?? "1";
  const isRatio = /^\d*\.?\d+$/.test(ratio) && Number(ratio) <= 1;
  if (!isRatio) throw wrong("OTEL_TRACES_SAMPLER_ARG", "a number from 0 to 1");
  return { followsParent, ratio: Number(ratio) };
}

function check(read: Read, name: Variable, isRight: (value: string) => boolean, expected: string): void {
  const value = read(name);
  if (value !== undefined && !isRight(value)) throw wrong(name, expected);
}

const wrong = (name: Variable, expected: string) => new ConfigError(`Cannot start: ${name}: expected ${expected}.`);

function isPairs(text: string): boolean {
  if (!PAIRS.test(text)) return false;
  try {
    pairsOf(text);
    return true;
  } catch {
    return false;
  }
}

/** What is no header would be repeated by whoever refuses it later. */
function areHeaders(text: string): boolean {
  if (!isPairs(text)) return false;
  try {
    return [...new Headers(pairsOf(text))].length > 0;
  } catch {
    return false;
  }
}
