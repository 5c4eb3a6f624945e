/**
 * A console whose conversation the test itself writes: the page and its scripts come from the real server, the events and
 * the older pages from here, as frames and answers of the wire. So a conversation of ten thousand messages costs nothing
 * to make, and every event comes when the test says.
 */
import type { WebSocketRoute } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";
import type { LogEntry } from "../../protocol/entry.ts";
import type { Event } from "../../protocol/event.ts";
import type { WorkerRef } from "../../protocol/id.ts";
import { emptyTranscript, snapshotEvent } from "../../protocol/transcript.ts";
import { Stage, type TabOptions } from "./both-servers.ts";
import type { ConsolePage } from "./console-page.ts";
import { leaveNoErrors } from "./leave-no-errors.ts";

const START_TS = Date.now();
/** Ten thousand rows at once are more than any page ever gets. */
const SHOWN_WITHIN_MS = 45_000;
/** No heartbeat is due while a test runs. */
const HEARTBEAT_MS = 60_000;

export interface SceneOptions extends TabOptions {
  /** The whole conversation so far. */
  readonly entries: readonly LogEntry[];
  /** How many of them the page gets at once; the older ones it has to ask for. */
  readonly shown?: number;
}

export class Scene {
  readonly tab: ConsolePage;
  readonly #ref: WorkerRef;
  readonly #entries: readonly LogEntry[];
  #socket: WebSocketRoute | undefined;
  #position = 0;
  #held: Promise<void> = Promise.resolve();
  /** How often older pages were asked for. */
  pagesAsked = 0;

  private constructor(tab: ConsolePage, ref: WorkerRef, entries: readonly LogEntry[]) {
    this.tab = tab;
    this.#ref = ref;
    this.#entries = entries;
  }

  static async open(stage: Stage, { entries, shown = 100, ...options }: SceneOptions): Promise<Scene> {
    const [tab, ref] = await Promise.all([stage.newTab(options), stage.createWorker()]);
    const scene = new Scene(tab, ref, entries);
    const path = `/runtimes/${ref.runtime_id}/workers/${ref.worker_id}`;
    await tab.page.routeWebSocket(/\/events\/ws/, (socket) => {
      scene.#socket = socket;
      const start = Math.max(0, entries.length - shown);
      scene.publish(snapshotEvent({ ...emptyTranscript(), entries: entries.slice(start), entries_start: start }));
      const heartbeat = { kind: "heartbeat", ts: START_TS, interval_ms: HEARTBEAT_MS, cursor: scene.#cursor };
      socket.send(JSON.stringify(heartbeat));
    });
    await tab.page.route(/\/entries\?/, async (route) => {
      scene.pagesAsked += 1;
      await scene.#held;
      const { searchParams } = new URL(route.request().url());
      await route.fulfill({
        json: scene.#page(Number(searchParams.get("before")), Number(searchParams.get("limit"))),
      });
    });
    await tab.open(stage.server.url + path);
    await scene.#shows(Math.min(shown, entries.length));
    return scene;
  }

  /** Waits until the rows of the newest entries stand in the document. */
  async #shows(count: number): Promise<void> {
    const last = this.#entries.length - 1;
    await this.tab.page.waitForFunction(
      (ids) => ids.every((id) => document.getElementById(id) !== null),
      count === 0 ? [] : [`entry-${last - count + 1}`, `entry-${last}`],
      { timeout: SHOWN_WITHIN_MS },
    );
  }

  /** Keeps older pages back until they are released. */
  holdPages(): { release(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return { release: resolve };
  }

  /** Sends events as the server does. */
  publish(...events: readonly Event[]): void {
    for (const payload of events) {
      this.#position += 1;
      const envelope = { ...this.#ref, cursor: this.#cursor, event_id: `e${this.#position}`, ts: START_TS, payload };
      this.#socket?.send(JSON.stringify({ kind: "event", envelope }));
    }
  }

  /** Sends a text in pieces of so many characters, one every so many milliseconds. */
  async stream(text: string, { chars, everyMs }: { readonly chars: number; readonly everyMs: number }): Promise<void> {
    const startedAt = performance.now();
    for (let from = 0; from < text.length; from += chars) {
      this.publish({ event: "text_delta", data: { text: text.slice(from, from + chars) } });
      const dueMs = startedAt + (from / chars + 1) * everyMs - performance.now();
      if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
    }
  }

  get #cursor(): string {
    return `bo_${this.#position}`;
  }

  #page(before: number, limit: number) {
    const start = Math.max(0, before - limit);
    const entries = this.#entries.slice(start, before);
    return { ...this.#ref, entries_start: start, entries_total: this.#entries.length, oldest_kept: 0, entries };
  }
}

/** Runs a suite on scenes; which server hands out the page makes no difference to them. */
export function onScenes(subject: string, suite: (stage: Stage) => void): void {
  describe(`${subject}, as its events come`, () => {
    const stage = new Stage("node", {});
    beforeAll(() => stage.raise());
    afterAll(() => stage.strike());
    leaveNoErrors(() => stage);
    suite(stage);
  });
}

/** A message of the person's. */
export function asked(text: string): LogEntry {
  return { kind: "user_input", ts: START_TS, segments: [{ kind: "text", content: text }] };
}

/** A message of the Worker's. */
export function answered(text: string): LogEntry {
  const item = { kind: "message", role: "assistant", content: [{ kind: "text", text }] } as const;
  return { kind: "assistant_item", ts: START_TS, item: { ...item, content: [...item.content] } };
}

/** The events of a run that has begun to answer. */
export function runBegins(question: string): readonly Event[] {
  return [
    { event: "user_message", data: { segments: [{ kind: "text", content: question }] } },
    { event: "status", data: { status: "running" } },
  ];
}

/** The events of its end. */
export function runEnds(text: string): readonly Event[] {
  return [
    { event: "text_done", data: { text } },
    { event: "run_end", data: { result: "finished" } },
    { event: "status", data: { status: "idle" } },
  ];
}

/** So many messages, question and answer in turn, each with its number in it: `Question 0` is the first. */
export function messages(count: number): LogEntry[] {
  return Array.from({ length: count }, (_, index) =>
    index % 2 === 0 ? asked(`Question ${index}`) : answered(`Answer ${index}. ${SENTENCE.repeat(1 + (index % 5))}`),
  );
}
const SENTENCE = "The evening star stands over the horizon before any other light is lit, and everybody can find it. ";

/** A long answer with everything in it, of about so many characters. */
export function richText(chars: number): string {
  const parts: string[] = [];
  for (let length = 0, number = 1; length < chars; number += 1) {
    const part = RICH[number % RICH.length]?.replaceAll("N", String(number)) ?? "";
    parts.push(part);
    length += part.length + 2;
  }
  return parts.join("\n\n");
}
const RICH = [
  `Paragraph N is **bold** in places, has \`code\` and a [link](https://example.com/N). ${SENTENCE.repeat(4)}`,
  `### Heading N\n\n${SENTENCE.repeat(3)}`,
  `- One item\n- Another with *emphasis*\n  - and one below it\n- [x] Done ${SENTENCE}`,
  "```ts\n/** Says where it is. */\nexport function place(name: string): number {\n  return name.length * N;\n}\n```",
  "| Name | Value |\n|------|------:|\n| a | N |\n| b | 12 |\n",
  "The area is $a = \\pi r^2$, and so\n\n$$\n\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}\n$$\n",
];
