/**
 * Figures for Prometheus, and their text.
 *
 * Owns counters, gauges and histograms with few labels, and the text format (version 0.0.4). A counter is a plain number
 * behind its labels; the number of series of a metric is bounded, whatever it is asked to count. What is counted is the
 * matter of `process-metrics.ts` and of each process.
 */

/** What says so in an answer's head. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Series of one metric, before all further ones are counted as one. */
const MAX_SERIES = 1_000;
const OTHER = "other";

/** What the text says of a metric first. */
export interface MetricHead {
  /** E.g. `yoi_runs_total`. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** One sentence without a line break. */
  readonly help: string;
  readonly labels: readonly string[];
}

/** One metric with its series. */
export interface Metric {
  readonly head: MetricHead;
  lines(): Iterable<string>;
}

/** Counts upwards. */
export class Counter implements Metric {
  readonly head: MetricHead;
  readonly #series = new Map<string, number>();

  constructor(name: string, help: string, labels: readonly string[] = []) {
    this.head = { name, type: "counter", help, labels };
    // One without labels is there from the start, so that its absence never looks like zero.
    if (labels.length === 0) this.#series.set("", 0);
  }

  /** @param values One per label, in their order. */
  count(...values: readonly string[]): void {
    const { labels } = this.head;
    let key = labelText(labels, values);
    if (!this.#series.has(key) && this.#series.size >= MAX_SERIES)
      key = labelText(
        labels,
        labels.map(() => OTHER),
      );
    this.#series.set(key, (this.#series.get(key) ?? 0) + 1);
  }

  *lines(): Iterable<string> {
    for (const [key, value] of this.#series) yield `${this.head.name}${key === "" ? "" : `{${key}}`} ${value}`;
  }
}

/** Counts that somebody else keeps, by one label. */
export class ReadCounter implements Metric {
  readonly head: MetricHead;
  readonly #read: () => Readonly<Record<string, number>>;

  constructor(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>) {
    this.head = { name, type: "counter", help, labels: [label] };
    this.#read = read;
  }

  *lines(): Iterable<string> {
    const { name, labels } = this.head;
    for (const [value, count] of Object.entries(this.#read())) yield `${name}{${labelText(labels, [value])}} ${count}`;
  }
}

/** A number of just now. */
export class Gauge implements Metric {
  readonly head: MetricHead;
  value = 0;

  constructor(name: string, help: string) {
    this.head = { name, type: "gauge", help, labels: [] };
  }

  *lines(): Iterable<string> {
    yield `${this.head.name} ${this.value}`;
  }
}

/** Counts values by how large they are. */
export class Histogram implements Metric {
  readonly head: MetricHead;
  readonly #bounds: readonly number[];
  /** Values of each bucket alone. */
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** @param bounds Upper bounds of the buckets, rising. */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.head = { name, type: "histogram", help, labels: [] };
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count += 1;
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    if (bucket !== -1) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  *lines(): Iterable<string> {
    const { name } = this.head;
    let within = 0;
    for (const [i, bound] of this.#bounds.entries()) {
      within += this.#counts[i] ?? 0;
      yield `${name}_bucket{le="${bound}"} ${within}`;
    }
    yield `${name}_bucket{le="+Inf"} ${this.#count}`;
    yield `${name}_sum ${this.#sum}`;
    yield `${name}_count ${this.#count}`;
  }
}

function labelText(labels: readonly string[], values: readonly string[]): string {
  return labels.map((label, i) => `${label}="${escapeValue(values[i] ?? "")}"`).join(",");
}

const escapeValue = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

/** The text of metrics, as Prometheus reads it. */
export function renderMetrics(metrics: readonly Metric[]): string {
  let text = "";
  for (const metric of metrics) {
    const { name, type, help } = metric.head;
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const line of metric.lines()) text += `${line}\n`;
  }
  return text;
}
