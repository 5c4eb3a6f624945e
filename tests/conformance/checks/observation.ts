/** Observation: what comes first, and what is published while one observes. */
import { EVENT_NAMES, isKnownEvent } from "../../../protocol/event.ts";
import { check, must, type Section } from "../check.ts";
import { expectOk, told } from "../http.ts";
import { endsOf, eventsOf, mustBeSame, runEnded, statusOf } from "../recording.ts";
import { Body } from "../shapes.ts";

const CURSOR = /^wo_[0-9a-f]{16}$/;
const ERROR_CODES = [
  "already_running",
  "not_running",
  "not_paused",
  "provider_error",
  "tool_error",
  "invalid_request",
  "internal",
];

export const observationChecks: Section = {
  name: "observation",
  checks: [
    check("an upgrade for an unknown Worker is 404", {}, async ({ subject }) => {
      const end = await subject.observe("conformance-nobody").refusal();
      must(end?.kind === "refused" && end.status === 404, "404 on the upgrade", () => end);
      const blank = await subject.observe(" ").refusal();
      must(blank?.kind === "refused" && blank.status === 400, "400 on the upgrade", () => blank);
    }),
    check("a request that is no upgrade is 426", {}, async ({ subject, tolerate }) => {
      const { worker_id } = await subject.quietWorker();
      const answer = await subject.ask("GET", ["v1", "workers", worker_id, "events", "ws"]);
      if (answer.status === 400 || answer.status === 405) return tolerate("other_upgrade_refusal");
      must(answer.status === 426, "426", () => told(answer));
    }),
    check("the first frame is a snapshot", { answers: 1 }, async ({ subject }) => {
      const { all, kinds } = await subject.recording();
      const [first] = all;
      must(kinds[0] === "event" && first?.event.event === "snapshot", "a snapshot", () => first?.event ?? kinds);
      must(
        first.eventId === `snapshot:${first.cursor}`,
        "an event id of snapshot: and the cursor",
        () => first.eventId,
      );
      must(eventsOf(all, "snapshot").length === 1, "one snapshot", () => all.map(({ event }) => event.event));
    }),
    check("a snapshot tells the conversation so far", { answers: 1 }, async ({ subject, tolerate }) => {
      const { workerId, live } = await subject.recording();
      const observer = subject.observe(workerId);
      await observer.until("a snapshot", ({ events }) => events.length > 0);
      const [snapshot] = eventsOf(observer.events, "snapshot");
      must(snapshot !== undefined, "a snapshot", () => observer.summary());
      const { entries, status } = snapshot.data;
      if (entries.length === 0) return tolerate("stub_snapshot");
      must(status === "idle", "the status idle", () => status);
      const kinds = eventsOf(live, "text_done").length > 0 ? ["user_input", "assistant_item"] : ["user_input"];
      for (const kind of kinds) {
        must(
          entries.some((entry) => entry.kind === kind),
          `an entry ${kind}`,
          () => entries,
        );
      }
    }),
    check("every frame names its Worker, and every event its cursor", { answers: 1 }, async ({ subject }) => {
      const { all, live, workerId } = await subject.recording();
      for (const { workerId: named, cursor } of all) {
        must(named === workerId, `the worker_id ${workerId}`, () => named);
        must(CURSOR.test(cursor), "a cursor of wo_ and 16 hex digits", () => cursor);
      }
      for (const { cursor, eventId } of live) must(eventId === cursor, `the event id ${cursor}`, () => eventId);
    }),
    check("each event comes once, in growing order", { answers: 1 }, async ({ subject }) => {
      const { all } = await subject.recording();
      for (const [index, { cursor }] of all.entries()) {
        const before = all[index - 1]?.cursor ?? "";
        must(before < cursor, `a cursor after ${before}`, () => cursor);
      }
    }),
    check("a run is told from its beginning to its end", { answers: 1 }, async ({ subject, tolerate }) => {
      const { live } = await subject.recording();
      const names = live.map(({ event }) => event.event);
      const came = () => names.join(", ");
      const running = live.findIndex(({ event }) => statusOf(event) === "running");
      const output = names.findIndex((name) => /^(?:text|thinking|tool_call)_/.test(name));
      must(running !== -1 && (output === -1 || running < output), "the status running before any output", came);
      must(statusOf(live.at(-1)!.event) === "idle", "the status idle at last", came);
      must(endsOf(live) === 1, "one end of the run", came);
      const end = names.findLastIndex((name) => name === "run_end" || name === "error");
      must(end > output, "the end after all output", came);
      for (const [start, done] of [
        ["turn_start", "turn_end"],
        ["llm_call_start", "llm_call_end"],
      ] as const) {
        const from = names.indexOf(start);
        must(from !== -1 && (output === -1 || from < output), `${start} before any output`, came);
        must(names.includes("error") || names.indexOf(done) > from, `${done} after ${start}`, came);
      }
      const message = names.indexOf("user_message");
      must(message !== -1, "the person's message", came);
      if (message > running) tolerate("late_user_message");
      if (!names.includes("invoke_start")) tolerate("no_invoke_start");
    }),
    check("pieces of a text are the whole of it", { answers: 1 }, async ({ subject }) => {
      const { live } = await subject.recording();
      let text = "";
      for (const { event } of live) {
        if (!isKnownEvent(event)) continue;
        if (event.event === "text_delta") text += event.data.text;
        if (event.event !== "text_done") continue;
        const pieces = text;
        must(event.data.text === pieces, "a text_done of all its pieces", () => [pieces, event.data.text]);
        text = "";
      }
      must(text === "" || eventsOf(live, "error").length > 0, "a text_done after its pieces", () => text);
    }),
    check("several observers see the same", { answers: 1 }, async ({ subject }) => {
      const { worker_id } = await subject.createWorker();
      const observers = [1, 2, 3].map(() => subject.observe(worker_id));
      for (const observer of observers) await observer.opened();
      for (const observer of observers) await observer.until("a first frame", ({ kinds }) => kinds.length > 0);
      expectOk(await subject.send(worker_id, subject.message), Body.input);
      for (const observer of observers) await runEnded(observer, subject.limits.answerTimeoutMs);
      const [first, ...others] = observers.map(({ events }) =>
        events.filter(({ event }) => event.event !== "snapshot"),
      );
      for (const other of others) mustBeSame(other, first ?? [], "the same to each observer");
    }),
    check("nothing comes that the reference does not know", { answers: 1 }, async ({ subject }) => {
      const { all, kinds } = await subject.recording();
      must(
        kinds.every((kind) => kind === "event"),
        "frames of events only",
        () => kinds,
      );
      for (const { event } of all) {
        must(EVENT_NAMES.has(event.event), "an event of the protocol", () => event.event);
        const unknown = unknownValue(event);
        must(unknown === null, "a value of the protocol", () => unknown);
      }
    }),
  ],
};

/** A value of a closed enum that the reference's decoders do not know, or null. */
function unknownValue(event: Parameters<typeof isKnownEvent>[0]): string | null {
  if (!isKnownEvent(event)) return null;
  const among = (value: string, ...known: readonly string[]) =>
    known.includes(value) ? null : `${event.event}: ${value}`;
  switch (event.event) {
    case "status":
    case "snapshot":
      return among(event.data.status, "idle", "running", "paused");
    case "run_end":
      return among(event.data.result, "finished", "paused", "limit_reached", "rolled_back");
    case "turn_end":
      return among(event.data.result, "finished", "paused");
    case "invoke_start":
      return among(event.data.kind, "user_send", "notify", "worker_event", "system_reminder", "wakeup");
    case "error":
      return among(event.data.code, ...ERROR_CODES);
    default:
      return null;
  }
}
