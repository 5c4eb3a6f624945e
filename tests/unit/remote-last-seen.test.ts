/** What is known of a Runtime that may be away, by clocks that are set. */
import { expect, test } from "vitest";
import { ProblemError } from "../../protocol/problem.ts";
import { LastSeen } from "../../runtime/remote/last-seen.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { problemCode } from "../support/problem-code.ts";

const HOLD_OFF_MS = 2_000;
const DAY_MS = 24 * 3_600_000;

test.each([
  ["ahead", DAY_MS],
  ["back", -DAY_MS],
])("LastSeen finds a Runtime that is there again where the clock was set %s meanwhile", async (_way, byMs) => {
  const clock = new ManualClock();
  const lastSeen: LastSeen = new LastSeen({ clock, holdOffMs: HOLD_OFF_MS, probe: async () => lastSeen.noteAnswer() });
  const away = async () => problemCode(async () => lastSeen.checkAway());
  lastSeen.noteFailure(new ProblemError("runtime_refused", "It is not there."));
  expect(await away()).toBe("runtime_refused");
  await settle();
  // The failure stands for a moment, and is looked into after that.
  expect(await away()).toBe("runtime_refused");
  await clock.advance(byMs);
  expect(await away()).toBe("runtime_refused");
  await settle();
  expect(await away()).toBe(null);
});
