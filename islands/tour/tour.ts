/**
 * The tour through the offline demo: what its buttons do.
 *
 * Owns which step goes on and how it ended. What is said goes through the message box, as if the person had typed it; what
 * befalls the connection or the Runtime is asked of the server. Does nothing until a button is pressed.
 */
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import type * as z from "zod/mini";
import {
  DropConnectionRequest,
  DropConnectionResult,
  RestartRuntimeResult,
  type ViewerId,
} from "../../protocol/demo.ts";
import { isKnownBlock } from "../../protocol/event.ts";
import type { Console } from "../console.ts";
import type { Clock } from "../store/clock.ts";
import type { TourMessages } from "./messages-tour.ts";
import { SLOW_COMMAND, type TourStep, type TourStepId } from "./tour-steps.ts";

/** How the newest step stands. */
export interface TourState {
  readonly step: TourStepId;
  readonly phase: "under_way" | "done" | "failed";
}

/** What the buttons press. */
export interface Tour {
  readonly state: ReadonlySignal<TourState | undefined>;
  /** Whether the Worker is known to live in another Runtime than the one that the tour could restart. */
  readonly isElsewhere: ReadonlySignal<boolean>;
  /** Whether the person may tell the Worker nothing. */
  readonly isOff: ReadonlySignal<boolean>;
  /** Does a step; one at a time. */
  readonly take: (step: TourStep) => Promise<void>;
}

export interface TourOptions {
  readonly page: Pick<
    Console,
    "composer" | "conversation" | "isReadOnly" | "isRunning" | "clock" | "paths" | "viewerId" | "ref" | "workers"
  >;
  readonly words: TourMessages;
  readonly fetch: (input: string, init: RequestInit) => Promise<Response>;
}

const STOPPED_WITHIN_MS = 10_000;
/** More than the pause before a model's first word. */
const WRITES_WITHIN_MS = 10_000;
const FAULT_TIMEOUT_MS = 20_000;

export function createTour({ page, words, fetch }: TourOptions): Tour {
  const { composer, conversation, isRunning, clock, paths } = page;
  const state = signal<TourState | undefined>(undefined);

  const say = async (request: string, command: string): Promise<boolean> => {
    if (isRunning.peek()) await composer.cancelRun();
    if (!(await holds(() => !isRunning.value, clock, STOPPED_WITHIN_MS))) return false;
    // What stands in the message box comes back when this has gone out.
    composer.takeUp(`${request}\n\n${command}`);
    await composer.submit();
    return composer.send.peek().kind === "idle";
  };

  const isWriting = (): boolean =>
    isRunning.value && conversation.blocks.value.some((block) => isKnownBlock(block) && block.kind === "text");

  const provoke = async (step: "drop" | "restart"): Promise<boolean> => {
    if (!isRunning.peek() && !(await say(words.slowRequest, SLOW_COMMAND))) return false;
    if (!(await holds(isWriting, clock, WRITES_WITHIN_MS))) return false;
    switch (step) {
      case "drop":
        return (await ask(DropConnectionResult, "drop-connection", dropRequest(page.viewerId)))?.dropped === true;
      case "restart":
        return (await ask(RestartRuntimeResult, "restart-runtime", {})) !== undefined;
    }
  };

  const ask = async <Value>(schema: z.ZodMiniType<Value>, fault: string, body: object): Promise<Value | undefined> => {
    try {
      const response = await fetch(`${paths.home}api/demo/${fault}`, {
        method: "POST",
        headers: { accept: "application/json", "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(FAULT_TIMEOUT_MS),
      });
      return schema.parse(await response.json());
    } catch {
      return undefined;
    }
  };

  return {
    state,
    isElsewhere: computed(() => {
      const runtime = page.workers.runtimes.value.find(({ runtime_id }) => runtime_id === page.ref.runtime_id);
      return runtime?.kind === "remote_worker_runtime";
    }),
    isOff: page.isReadOnly,
    async take(step) {
      if (page.isReadOnly.peek() || state.peek()?.phase === "under_way") return;
      state.value = { step: step.id, phase: "under_way" };
      const isDone =
        step.kind === "say" ? await say(words.steps[step.id].request, step.command) : await provoke(step.id);
      state.value = { step: step.id, phase: isDone ? "done" : "failed" };
    },
  };
}

function dropRequest(viewerId: ViewerId | undefined): object {
  return DropConnectionRequest.parse({ viewer_id: viewerId });
}

/** Whether a condition over signals comes to hold in time. */
function holds(condition: () => boolean, clock: Clock, withinMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = clock.setTimeout(() => resolve(false), withinMs);
  const stop = effect(() => {
    if (condition()) resolve(true);
  });
  return promise.finally(() => {
    stop();
    clock.clearTimeout(timer);
  });
}
