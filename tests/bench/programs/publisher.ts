/**
 * What the fan-out's peers have in common.
 *
 * Owns the interface and the control of a process that publishes: frames at the provider's pace, or answers that it reads
 * from the provider itself. How an event reaches a topic's viewers is each peer's own: `broadcast-ws.ts` and its neighbours.
 */
import process from "node:process";
import * as z from "zod/mini";
import { answerRequests } from "../harness/control.ts";
import { AnswerOrder } from "./answer.ts";
import { keepPace } from "./pace.ts";
import { readChat } from "./read-chat.ts";

/** A server with topics. A viewer names its topic in the address: `ws://127.0.0.1:41234/?topic=3`. */
export interface Publisher {
  /** `ws://127.0.0.1:41234/`, to which a topic is added. */
  readonly url: string;
  /** Encodes one event and sends it to everybody who is there for the topic. */
  readonly publish: (topic: string, event: unknown) => void;
}

/** The topic of a viewer that names none. */
const ONLY_TOPIC = "all";

/** The topic that an address names. */
export function topicOf(address: string | undefined): string {
  return new URL(address ?? "/", "http://localhost").searchParams.get("topic") ?? ONLY_TOPIC;
}

const Burst = z.strictObject({
  frames: z.array(z.string()),
  framesPerTick: z.number(),
  intervalMs: z.number(),
});
const Relay = z.strictObject({
  providerUrl: z.url(),
  answers: z.array(z.strictObject({ topic: z.string(), order: AnswerOrder })),
});

/** Answers the bench for a publisher. */
export function control({ url, publish }: Publisher): void {
  answerRequests({
    address: () => url,
    /** Sends frames to the only topic, so many at once. */
    async burst(argument) {
      const { frames, framesPerTick, intervalMs } = Burst.parse(argument);
      const events = frames.map((frame): unknown => JSON.parse(frame));
      await keepPace(Math.ceil(events.length / framesPerTick), { intervalMs, offsetMs: 0 }, (tick) => {
        for (const event of events.slice(tick * framesPerTick, (tick + 1) * framesPerTick)) publish(ONLY_TOPIC, event);
      });
    },
    /** Reads answers from the provider and publishes each piece, with nothing between. */
    async relay(argument) {
      const { providerUrl, answers } = Relay.parse(argument);
      await Promise.all(
        answers.map(async ({ topic, order }) => {
          let count = 0;
          const envelope = (payload: object) => {
            count += 1;
            const position = count.toString(16).padStart(8, "0");
            return {
              kind: "event",
              envelope: {
                cursor: `bo_${position}`,
                event_id: `e${position}`,
                worker_id: topic,
                ts: Date.now(),
                payload,
              },
            };
          };
          for await (const text of readChat(providerUrl, order)) {
            publish(topic, envelope({ event: "text_delta", data: { text } }));
          }
          publish(topic, envelope({ event: "status", data: { status: "idle" } }));
        }),
      );
    },
    /** Collects the garbage; tells what the process then holds, in bytes. */
    collect() {
      globalThis.gc?.();
      globalThis.gc?.();
      const { heapUsed, external } = process.memoryUsage();
      return { heapBytes: heapUsed, heldBytes: heapUsed + external };
    },
    /** Collects the garbage and writes what the heap then holds to a file. Only on Node. */
    async writeHeap(argument) {
      globalThis.gc?.();
      globalThis.gc?.();
      const { writeHeapSnapshot } = await import("node:v8");
      writeHeapSnapshot(z.string().parse(argument));
    },
  });
}
