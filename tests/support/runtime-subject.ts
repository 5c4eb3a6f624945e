/**
 * A Runtime under the contract suite.
 *
 * Owns the interface between the suite and whoever runs it. The suite drives the model and the clock; how its calls reach
 * the Runtime is the subject's matter.
 */
import type { WorkerId } from "../../protocol/id.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { ManualClock } from "./manual-clock.ts";
import type { LimitChanges } from "./runtime-fixture.ts";
import type { Script, ScriptedModel } from "./scripted-model.ts";

/** What a test may ask for. */
export interface SubjectOptions {
  readonly scripts?: readonly Script[];
  readonly limits?: LimitChanges;
  readonly runtimeId?: string;
}

/** A Runtime with one Worker in it. */
export interface RuntimeSubject extends AsyncDisposable {
  readonly runtime: Runtime;
  /** An idle Worker without a conversation. */
  readonly workerId: WorkerId;
  readonly clock: ManualClock;
  readonly model: ScriptedModel;
  /** Resolves when nothing happens any more unless time passes. */
  settle(): Promise<void>;
  advance(ms: number): Promise<void>;
  /** Ends the Runtime in order, as its operator does. */
  shutDown(): Promise<void>;
  /** The Runtime after its process was killed and started again over the same store. */
  restart(): Promise<RuntimeSubject>;
}

/** Makes a subject of its own for a test. */
export type CreateSubject = (options?: SubjectOptions) => Promise<RuntimeSubject>;

/** In what kinds of Runtime differ. */
export interface RuntimeCapabilitiesUnderTest {
  /**
   * Whether nothing stands between the Runtime and its caller. Where a network does, its buffers hide how slow an observer
   * is and in which steps events are handed on, the Runtime's end is told as a problem, and Workers are launched with a
   * bundle, by which a built-in profile that is missing is stood in for.
   */
  readonly inProcess: boolean;
  /** Whether a Worker may be made under an id of the caller's choice, and be found again after a restart. */
  readonly restart: boolean;
}
