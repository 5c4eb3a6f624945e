/**
 * A process that writes to a store until it is killed: `store-child.ts <path> [bytes] [early ms] [events]`. After so
 * many events it kills itself.
 *
 * Prints `open` once it keeps events in the step that asks for it, or has the store open early, then the position of each event when the store has it,
 * or the code of what stopped it. Run by the tests of the SQLite store.
 */
import process from "node:process";
import { openSqliteStore } from "../../runtime/store/sqlite.ts";
import { asProblem } from "../../protocol/problem.ts";
import { appendUntilAtOnce } from "./kept-at-once.ts";
import { A, B, event, record } from "./store-records.ts";

const [path = "", bytes = "10", early = "0", most = ""] = process.argv.slice(2);
try {
  const store = await openSqliteStore({ path, sync: "normal", maxBytes: null }, { earlyMs: Number(early) });
  await store.putWorker(record(A));
  await store.putWorker(record(B));
  if (early === "0") await appendUntilAtOnce(1, (position) => store.append(B, [event(position)]));
  await store.removeWorker(B);
  console.log("open");
  for (let position = 1; ; position += 1) {
    await store.append(A, [event(position, "x".repeat(Number(bytes)))]);
    console.log(position);
    if (String(position) === most) process.kill(process.pid, "SIGKILL");
  }
} catch (error) {
  console.log(asProblem(error).code);
  process.exit(1);
}
