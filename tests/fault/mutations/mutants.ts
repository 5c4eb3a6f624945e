/**
 * Bugs that are planted to see whether the simulation finds them.
 *
 * Owns their names and where they go. Each is an exact replacement that has to fit once; one whose place has changed is an
 * error, so that the list can't come to say more than it does.
 */

/** One planted bug. */
export interface Mutant {
  readonly name: string;
  /** What is wrong with it, as the documentation has it. */
  readonly what: string;
  readonly file: string;
  /** Each is what stands there, and what is put in its place. */
  readonly edits: readonly Edit[];
}

type Edit = readonly [from: string, to: string];

const mutant = (name: string, what: string, file: string, ...edits: readonly Edit[]): Mutant => ({
  name,
  what,
  file,
  edits,
});

/** Every planted bug that the simulation finds. */
export const MUTANTS: readonly Mutant[] = [
  mutant("skipped-event", "The relay leaves out an event now and then", "server/shown-stream.ts", [
    "this.window.push(frame);",
    "if (this.window.end % 7 !== 3 || this.window.at(this.window.end - 1)?.cursor === undefined) this.window.push(frame);",
  ]),
  mutant("doubled-event", "The relay sends an event twice now and then", "server/shown-stream.ts", [
    "this.window.push(frame);",
    "this.window.push(frame); if (this.window.end % 7 === 3) this.window.push(frame);",
  ]),
  mutant("swapped-events", "Two events of one batch change places", "server/worker-upstream.ts", [
    "for (const observed of events) {\n      const next = heard(observed);",
    "for (const observed of events.toReversed()) {\n      const next = heard(observed);",
  ]),
  mutant(
    "relay-from-stale-position",
    "The relay goes on upstream from where it once began",
    "server/worker-upstream.ts",
    ["  #headTs = 0;", "  #headTs = 0;\n  #first: RuntimeCursor | null = null;"],
    ["this.#listener.restarted();", "this.#first = observed.cursor;\n    this.#listener.restarted();"],
    ["position: () => this.#head,", "position: () => this.#first ?? this.#head,"],
  ),
  mutant(
    "relay-keeps-lost-position",
    "The relay insists on a position that the Runtime has lost",
    "server/follow-upstream.ts",
    ["isLost ||= isCursorLost;", "isLost ||= false;"],
  ),
  mutant(
    "snapshot-without-its-cursor",
    "A viewer's snapshot names an older position than it shows",
    "server/shown-stream.ts",
    [
      "const frame = encodeSnapshot(ref, mint.wrap(upstream.head),",
      "const frame = encodeSnapshot(ref, mint.wrap(this.window.before),",
    ],
  ),
  mutant("stale-snapshot", "A viewer gets the snapshot that an earlier one got", "server/shown-stream.ts", [
    "if (this.#snapshot?.number !== number) {",
    "if (this.#snapshot === null) {",
  ]),
  mutant(
    "heartbeat-names-another-position",
    "A heartbeat names the position where the window begins",
    "server/shown-stream.ts",
    ["{ cursor: mint.wrap(cursor), ts: clock.now()", "{ cursor: mint.wrap(this.window.before), ts: clock.now()"],
  ),
  mutant("viewers-not-reset", "Viewers are not told that the stream started over", "server/shown-stream.ts", [
    "viewer.reset();",
    "",
  ]),
  mutant(
    "catch-up-drops-the-last",
    "What a viewer missed is read back without its newest event",
    "server/shown-stream.ts",
    ["return window.prepend(frames, from);", "return window.prepend(frames.slice(0, -1), from);"],
  ),
  mutant("policies-mixed", "Viewers are shown the stream of whoever came first", "server/relay.ts", [
    "const known = this.#streams.get(policy);",
    "const known = this.#streams.get(policy) ?? this.#streams.values().next().value;",
  ]),
  mutant("hidden-event-leaked", "An event is shown as it came now and then", "server/shown-stream.ts", [
    "shown === event ? payload",
    "shown === event || this.window.end % 7 === 3 ? payload",
  ]),
  mutant("hidden-in-events-only", "A snapshot shows what events hide", "server/shown-stream.ts", [
    "snapshotEvent(this.policy.showTranscript(boundTranscript(upstream.transcript, bounds)))",
    "snapshotEvent(boundTranscript(upstream.transcript, bounds))",
  ]),
  mutant("rule-change-unnoticed", "A viewer goes on with what it saw before its rule changed", "server/relay.ts", [
    "(present = this.#reconsider(",
    "(present = ((_viewer: Viewer, same: ShownStream, _policy: ObservationPolicy) => same)(",
  ]),
  mutant("moved-without-a-snapshot", "A viewer whose rule changed goes on without a snapshot", "server/viewer.ts", [
    "this.#isCaughtUp = false;\n    this.reset();",
    "this.#isCaughtUp = false;\n    this.#next = feed.window.end;",
  ]),
  mutant("missed-events-miscounted", "A viewer is told of one more event than it has missed", "server/viewer.ts", [
    "this.#next === null ? 0 : this.#feed.window.countShown(this.#next)",
    "this.#next === null ? 0 : this.#feed.window.countShown(this.#next) + 1",
  ]),
  mutant("window-off-by-one", "A viewer that comes back gets the event again that it has", "server/frame-window.ts", [
    "if (number !== null) return number + 1;",
    "if (number !== null) return number;",
  ]),
  mutant(
    "window-let-go-unnoticed",
    "A viewer that fell behind the window goes on where it begins",
    "server/viewer.ts",
    [
      "this.#next = window.end;\n    const { cursor",
      "this.#next = this.#next === null ? window.end : window.start;\n    const { cursor",
    ],
    [
      "this.#isDrained = false;\n    this.#socket.send(text);",
      "this.#isDrained = false;\n    if (this.#next === window.end) this.#socket.send(text);",
    ],
  ),
  mutant("slow-viewer-forgotten", "A viewer whose socket was full is not written to again", "server/viewer.ts", [
    "if (this.#socket.bufferedBytes <= this.#limits.viewerBufferBytes) this.#stalledMs = 0;\n      this.pump();",
    "if (this.#socket.bufferedBytes <= this.#limits.viewerBufferBytes) this.#stalledMs = 0;",
  ]),
  mutant(
    "await-before-subscribing",
    "Something waits between reading the log and waiting for more",
    "runtime/observe.ts",
    ["await new Promise<void>((resolve) => {", "await null; await null; await new Promise<void>((resolve) => {"],
  ),
  mutant(
    "runtime-snapshot-too-late",
    "The Runtime's snapshot names the position before the one it shows",
    "runtime/observe.ts",
    [
      "return { cursor: formatCursor(epochAt(worker.epochs, head), head), ts: now(), payload };",
      "return { cursor: formatCursor(epochAt(worker.epochs, head), Math.max(0, head - 1)), ts: now(), payload };",
    ],
  ),
  mutant("wrong-epoch", "Events of a former epoch are named with the present one", "runtime/observe.ts", [
    "const cursor = formatCursor(epochAt(epochs, position), position);",
    "const cursor = formatCursor(epochs.epoch, position);",
  ]),
  mutant(
    "lost-tail-unnoticed",
    "A cursor to an event that was lost goes on as if it were there",
    "runtime/observe.ts",
    ["if (isLost(worker.epochs, parsed.epoch, parsed.position)) {", "if (parsed.position < 0) {"],
  ),
  mutant("epoch-not-renewed", "After a lost tail the log goes on in the same epoch", "runtime/kept-record.ts", [
    "this.#needsEpoch = stored.mayHaveLostTail;",
    "this.#needsEpoch = false;",
  ]),
  mutant("cursor-off-by-one", "Going on from a cursor gives its own event again", "runtime/observe.ts", [
    "return parsed.position;",
    "return Math.max(log.oldest - 1, parsed.position - 1);",
  ]),
  mutant("eviction-unnoticed", "A cursor to what was let go goes on with what is left", "runtime/event-log.ts", [
    'if (after < this.#oldest - 1) return { kind: "expired" };',
    "",
  ]),
  mutant(
    "publish-before-store",
    "Events are published before the store has them",
    "runtime/event-log.ts",
    ["const record = renewal();", "const record = renewal(); const before = this.#head; this.#publish(published);"],
    ["let position = this.#head;\n    if (published.length > 0) this.#publish(published);", "let position = before;"],
  ),
  mutant(
    "pieces-kept-after-a-refusal",
    "What the store has refused is left out, and the answer goes on",
    "runtime/run-outbox.ts",
    ["this.#waiting = [...events, ...this.#waiting];\n        this.#refusal.abort(error);", "void error;"],
  ),
  mutant(
    "end-before-the-last-piece",
    "What a run says overtakes the pieces that wait for the store",
    "runtime/run-outbox.ts",
    ["this.#waiting.push(...events);", "this.#waiting.unshift(...events);"],
  ),
  mutant("compaction-of-open-text", "Pieces of a text go before it is whole", "runtime/compaction.ts", [
    "if (this.#open?.kind === kind) this.#open.pieces.push(position);",
    "if (this.#open?.kind === kind) { this.#open.pieces.push(position); this.#finished.push({ ts: 0, pieces: [position] }); }",
  ]),
  mutant(
    "compaction-takes-the-whole",
    "Compaction takes the whole text and leaves its pieces",
    "runtime/compaction.ts",
    [
      'case "text_done":\n        return this.#finish("text", ts, payload);',
      'case "text_done":\n        this.#finished.push({ ts, pieces: [position] });\n        return this.#finish("text", ts, payload);',
    ],
  ),
  mutant("compaction-too-soon", "A full log lets go of pieces that nobody has read yet", "runtime/event-log.ts", [
    "this.#compact((this.#window.at(-1)?.ts ?? 0) - PIECES_GRACE_MS);",
    "this.#compact(Number.POSITIVE_INFINITY);",
  ]),
  mutant(
    "checkpoint-events-again",
    "After a restart the checkpoint's last events are folded again",
    "runtime/worker.ts",
    ["if (event.position > saved) this.conversation.take(", "if (event.position > saved - 3) this.conversation.take("],
  ),
  mutant("checkpoint-forgets-usage", "A checkpoint keeps no tally of tokens", "runtime/conversation.ts", [
    "const { run, usage, shut_down } = state ?? this.#transcript;",
    "const { run, shut_down } = state ?? this.#transcript; const { usage } = this.#transcript;",
  ]),
  mutant("submissions-forgotten-at-restart", "Submission ids are not remembered over a restart", "runtime/worker.ts", [
    "for (const submission of submissions) {",
    "for (const submission of submissions.slice(0, 0)) {",
  ]),
  mutant("submission-taken-twice", "The same submission id starts another run", "runtime/worker.ts", [
    "if (earlier) return earlier;",
    "",
  ]),
  mutant("run-end-not-recovered", "A run that its process left open stays open", "runtime/worker.ts", [
    "await this.#orphan.end();",
    "",
  ]),
  mutant(
    "upstream-resume-without-position",
    "The Backend asks a Runtime elsewhere for a snapshot each time",
    "runtime/remote/observe-remote.ts",
    [
      'const query = { heartbeat: "1", ...(cursor === undefined ? {} : { cursor }) };',
      'const query = { heartbeat: "1" };',
    ],
  ),
  mutant(
    "lost-acknowledgement",
    "A message whose answer was lost goes out again under another id",
    "islands/store/composer.ts",
    [
      "submission_id: isFree ? submission_id : options.createSubmissionId(),",
      "submission_id: isFree && sent === undefined ? submission_id : options.createSubmissionId(),",
    ],
  ),
  mutant("page-forgets-its-position", "A page asks for a snapshot at every new link", "islands/store/connection.ts", [
    "const cursor = options.cursor();\n    resumed",
    "const cursor: ClientCursor | undefined = undefined;\n    resumed",
  ]),
  mutant("page-position-too-early", "A page's position stays where its snapshot was", "client/stream-position.ts", [
    "else remember(envelope.event_id);\n      cursor = envelope.cursor;",
    "else remember(envelope.event_id);\n      if (isSnapshot) cursor = envelope.cursor;",
  ]),
  mutant("dead-link-unnoticed", "A link that only seems to be there is kept for ever", "islands/store/connection.ts", [
    "renew();\n    }, ms);",
    "}, ms);",
  ]),
];

/** Those in the SQLite store, which the simulation has none of: they are found by the law of its two ways. */
export const LANE_MUTANTS: readonly Mutant[] = [
  mutant(
    "lane-not-told",
    "The store's thread never hears of what was kept without it",
    "runtime/store/sqlite-lane.ts",
    ["this.#tell(draft.finish());", ""],
  ),
  mutant(
    "row-not-handed-over",
    "The lane goes on with rows that the thread has used meanwhile",
    "runtime/store/sqlite-lane.ts",
    ["this.#nextRow = facts.nextRow;", "this.#nextRow ||= facts.nextRow;"],
  ),
  mutant("lane-while-saving", "The lane writes while the thread waits for the disk", "runtime/store/sqlite-lane.ts", [
    " || this.#signals.isSaving) return false;",
    ") return false;",
  ]),
];
