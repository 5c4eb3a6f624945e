/**
 * An embedded Runtime on a clock of its own, with a scripted model.
 *
 * Owns what every test of the Runtime would repeat: the parts, small limits where a test asks for them, and the profiles.
 */
import { RuntimeId, WorkerId } from "../../protocol/id.ts";
import { openEmbeddedRuntime, type EmbeddedRuntime } from "../../runtime/embedded.ts";
import { DEFAULT_LIMITS, type Limits } from "../../runtime/limits.ts";
import type { Profile } from "../../runtime/profile.ts";
import { createMemoryStore } from "../../runtime/store/memory.ts";
import type { RuntimeStore } from "../../runtime/store/store.ts";
import { ManualClock } from "./manual-clock.ts";
import { createScriptedModel, type Script, type ScriptedModel } from "./scripted-model.ts";
import { createSeededRandom } from "./seeded-random.ts";

/** Limits of which only what matters is named. */
export type LimitChanges = { readonly [Part in keyof Limits]?: Partial<Limits[Part]> };

/** What a test may choose. */
export interface FixtureOptions {
  readonly runtimeId?: string;
  readonly scripts?: readonly Script[];
  readonly limits?: LimitChanges;
  readonly store?: RuntimeStore;
  readonly clock?: ManualClock;
  readonly seed?: number;
  readonly continueInterrupted?: boolean;
  readonly served?: Promise<void>;
}

/** A Runtime with what drives it. */
export interface RuntimeFixture extends AsyncDisposable {
  readonly runtime: EmbeddedRuntime;
  readonly clock: ManualClock;
  readonly model: ScriptedModel;
  readonly store: RuntimeStore;
}

/** The id that `ensureCompanion` uses. */
export const COMPANION = WorkerId.parse("companion");

/** The whole of the limits with some changed. */
export function limitsWith(changes: LimitChanges = {}): Limits {
  return {
    // A script's pieces are the events that a test looks for.
    run: { ...DEFAULT_LIMITS.run, deltaIntervalMs: 0, ...changes.run },
    worker: { ...DEFAULT_LIMITS.worker, ...changes.worker },
    runtime: { ...DEFAULT_LIMITS.runtime, ...changes.runtime },
  };
}

/** Opens a Runtime. */
export async function openRuntimeFixture(options: FixtureOptions = {}): Promise<RuntimeFixture> {
  const clock = options.clock ?? new ManualClock();
  const store = options.store ?? createMemoryStore();
  const model = createScriptedModel(clock, ...(options.scripts ?? []));
  const profile: Profile = { label: "Scripted", model, systemPrompt: () => "You are a test.", tools: [] };
  const runtime = await openEmbeddedRuntime({
    runtimeId: RuntimeId.parse(options.runtimeId ?? "backend-internal"),
    displayName: "Embedded",
    profiles: new Map([
      ["runtime_default", profile],
      ["builtin:companion", profile],
    ]),
    store,
    limits: limitsWith(options.limits),
    continueInterrupted: options.continueInterrupted ?? false,
    served: options.served,
    clock,
    random: createSeededRandom(options.seed ?? 1),
  });
  return { runtime, clock, model, store, [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose]() };
}

/** The Companion of a Runtime, made if need be. */
export async function ensureCompanion(runtime: EmbeddedRuntime): Promise<WorkerId> {
  const worker = await runtime.ensureWorker({
    workerId: COMPANION,
    displayName: "Companion",
    profile: { kind: "builtin", value: "builtin:companion" },
  });
  return worker.worker_id;
}
