/**
 * One Worker over a store that outlives its process.
 *
 * Owns what tests of durability repeat: opening a Runtime with its Companion, saying something, reading what there is.
 */
import { SubmissionId } from "../../protocol/id.ts";
import type { Transcript } from "../../protocol/transcript.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { RuntimeStore } from "../../runtime/store/store.ts";
import { Follower } from "./follow.ts";
import { settle } from "./manual-clock.ts";
import {
  COMPANION,
  ensureCompanion,
  openRuntimeFixture,
  type FixtureOptions,
  type RuntimeFixture,
} from "./runtime-fixture.ts";

/** Opens a Runtime with its Companion; the one before, if any, is left as a crash leaves it. */
export async function openDurable(store: RuntimeStore, options: FixtureOptions = {}): Promise<RuntimeFixture> {
  const fixture = await openRuntimeFixture({ ...options, store });
  await ensureCompanion(fixture.runtime);
  return fixture;
}

/** Sends a message and lets all that follows from it happen. */
export async function say({ runtime }: RuntimeFixture, content: string, id?: string) {
  const submission = id === undefined ? {} : { submissionId: SubmissionId.parse(id) };
  const ack = await runtime.sendInput(COMPANION, { content, ...submission });
  await settle();
  return ack;
}

/** The transcript's lines: `1 user: hi`. */
export const lines = async (runtime: Runtime) =>
  (await runtime.transcript(COMPANION, { start: 0, limit: 256 })).items.map(
    ({ sequence, role, content }) => `${sequence} ${role}: ${content}`,
  );

/** What a new observer learns. */
export async function transcriptNow(runtime: Runtime): Promise<Transcript> {
  await using follower = new Follower(runtime, COMPANION);
  await settle();
  return follower.transcript;
}
