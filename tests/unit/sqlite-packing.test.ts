/** The packed form of writes: nothing is lost or moved on the way to the store's thread. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { WorkerId } from "../../protocol/id.ts";
import type { WriteOperation } from "../../runtime/store/sqlite-messages.ts";
import { packWrites, unpackWrites } from "../../runtime/store/sqlite-packing.ts";

const workerId = fc.constantFrom("companion", "a", "b").map((id) => WorkerId.parse(id));
const event = fc.record({ position: fc.nat(), ts: fc.nat(), payload: fc.string() });
const record = fc.record({
  workerId,
  displayName: fc.string(),
  profile: fc.constant({ kind: "runtime_default" } as const),
  lifecycle: fc.constantFrom("running", "stopped"),
  epoch: fc.constant("0000000a"),
  formerEpochs: fc.constant([]),
  createdTs: fc.nat(),
});
const operation: fc.Arbitrary<WriteOperation> = fc.oneof(
  fc.record({
    kind: fc.constant("append" as const),
    workerId,
    events: fc.array(event, { maxLength: 5 }),
    extras: fc.oneof(fc.constant({}), fc.record({ record })),
  }),
  fc.record({ kind: fc.constant("put_worker" as const), record }),
  fc.record({ kind: fc.constant("remove_worker" as const), workerId }),
);

test("what is unpacked is what was packed, in order, after a copy between threads", () => {
  fc.assert(
    fc.property(fc.array(operation), (operations) => {
      expect(unpackWrites(structuredClone(packWrites(operations)))).toEqual(operations);
    }),
  );
});

test("appends that are only events go as columns, all else as it is", () => {
  const id = WorkerId.parse("a");
  const events = [
    { position: 1, ts: 5, payload: "x" },
    { position: 2, ts: 6, payload: "y" },
  ];
  const remove: WriteOperation = { kind: "remove_worker", workerId: id };
  expect(packWrites([{ kind: "append", workerId: id, events, extras: {} }, remove])).toEqual({
    others: [null, remove],
    workerIds: [id],
    counts: [2],
    positions: [1, 2],
    times: [5, 6],
    payloads: ["x", "y"],
  });
});
