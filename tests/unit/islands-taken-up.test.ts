/** Words that are taken up into the message box, one after the other: what nobody else has is never lost. */
import { signal } from "@preact/signals";
import { expect, test } from "vitest";
import type { ApiResult } from "../../islands/store/api-client.ts";
import { systemClock } from "../../islands/store/clock.ts";
import { Composer } from "../../islands/store/composer.ts";
import { createDrafts } from "../../islands/store/drafts.ts";
import { RuntimeId, SubmissionId, WorkerId } from "../../protocol/id.ts";

const ref = { runtime_id: RuntimeId.parse("r"), worker_id: WorkerId.parse("w") };
const lost: ApiResult<never> = { ok: false, failure: { kind: "network" } };

/** A page's message box, on a storage that is shared with the next page. */
function open(items: Map<string, string>) {
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
  let ids = 0;
  const composer = new Composer({
    ref,
    api: { sendInput: () => Promise.resolve(lost), cancelRun: () => Promise.resolve(lost) },
    drafts: createDrafts(ref, () => storage),
    clock: systemClock(),
    createSubmissionId: () => SubmissionId.parse(`s-${(ids += 1)}`),
    entries: signal([]),
    runningSince: signal(undefined),
  });
  composer.restore("");
  return composer;
}

test("words that were taken up and changed come back under those that are taken up next, also after a reload", () => {
  const items = new Map<string, string>();
  const before = open(items);
  before.edit("unsent");
  before.takeUp("older");
  before.edit("older, changed here");
  before.takeUp("old, changed elsewhere", "old");
  before.takeUp("newest");
  const after = open(items);
  const texts: string[] = [];
  for (; after.hasUnsent.value; after.putBack()) texts.push(after.text.value);
  expect([...texts, after.text.value]).toEqual(["newest", "old, changed elsewhere", "older, changed here", "unsent"]);
  after.putBack();
  expect(items.size).toBe(0);
});

test("words that were taken up and never changed are exchanged, and so is an emptied box", () => {
  const composer = open(new Map());
  composer.edit("unsent");
  composer.takeUp("older");
  composer.takeUp("oldest");
  composer.edit("");
  composer.takeUp("newest");
  composer.putBack();
  expect([composer.text.value, composer.hasUnsent.value]).toEqual(["unsent", false]);
});

test("what was typed before the page came alive comes back too", () => {
  const composer = open(new Map());
  composer.restore("typed early");
  composer.takeUp("older");
  composer.putBack();
  expect(composer.text.value).toBe("typed early");
});
