/**
 * A collector of traces: a real HTTP server that takes OpenTelemetry's protocol in JSON.
 *
 * Owns what came, as spans and as text, and how it answers.
 */
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { within } from "./within.ts";

/** A span as it was handed over. */
export interface CollectedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty where it has none. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly hasFailed: boolean;
}

interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Attributes by name; whole numbers come as texts. */
function attributesOf(attributes: readonly KeyValue[] = []): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const { intValue, arrayValue } = value;
      if (intValue !== undefined) return [key, Number(intValue)];
      if (arrayValue !== undefined) return [key, arrayValue];
      return [key, Object.values(value)[0]];
    }),
  );
}

/** A collector on a port of this machine. */
export class Collector implements AsyncDisposable {
  readonly #server: Server;
  #look = () => {};
  /** Everything that came, as it was written. */
  text = "";
  readonly spans: CollectedSpan[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  /** How it answers. */
  status = 200;

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  /** @param port 0: a free one. */
  static async start(port = 0): Promise<Collector> {
    const collector = new Collector();
    collector.#server.listen(port, "127.0.0.1");
    await once(collector.#server, "listening");
    return collector;
  }

  get url(): string {
    // why: it listens on TCP, so its address has a port.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Waits until what came is enough. */
  async until(
    what: string,
    isEnough: (spans: readonly CollectedSpan[]) => boolean,
    deadlineMs?: number,
  ): Promise<void> {
    const enough = Promise.withResolvers<void>();
    this.#look = () => {
      if (isEnough(this.spans)) enough.resolve();
    };
    this.#look();
    const names = () => this.spans.map(({ service, name }) => `${service}: ${name}`).join(", ");
    await within(enough.promise, () => `${what}; there are ${names()}`, deadlineMs);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    this.headers.push(request.headers);
    if (this.status === 200 && request.url === "/v1/traces") this.#keep(body);
    response.writeHead(this.status, { "Content-Type": "application/json" }).end("{}");
    this.#look();
  }

  #keep(body: string): void {
    this.text += body;
    // why: what is compared are its fields, by the tests.
    const { resourceSpans } = JSON.parse(body) as { resourceSpans: ResourceSpans[] };
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = String(attributesOf(resource.attributes)["service.name"]);
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        this.spans.push({
          service,
          ...span,
          parentSpanId: span.parentSpanId ?? "",
          attributes: attributesOf(span.attributes),
          events: (span.events ?? []).map(({ name, attributes }) => ({ name, attributes: attributesOf(attributes) })),
          hasFailed: span.status?.code === 2,
        });
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

interface ResourceSpans {
  readonly resource: { readonly attributes: readonly KeyValue[] };
  readonly scopeSpans: readonly {
    readonly spans: readonly {
      readonly traceId: string;
      readonly spanId: string;
      readonly parentSpanId?: string;
      readonly name: string;
      readonly kind: number;
      readonly attributes?: readonly KeyValue[];
      readonly events?: readonly { readonly name: string; readonly attributes?: readonly KeyValue[] }[];
      readonly status?: { readonly code?: number };
    }[];
  }[];
}
