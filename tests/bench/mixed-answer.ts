/**
 * An answer as models write them for programmers: headings, prose in two languages, lists, a table, a listing.
 *
 * Owns its words. Sections differ in their numbers only, so that a window late in an answer has the work of an early one.
 */

/** A section of an answer, about two thousand characters. */
export function sectionOf(number: number): string {
  return SECTION.replaceAll("#", String(number).padStart(3, "0"));
}

const SECTION = `## Step #: keep the window bounded

The reader keeps **the newest events** in a ring and forgets the rest; whoever comes late gets a \`snapshot\` instead. That
is step # of the [plan](https://example.com/plan/#), and it is *the one* that most programs get wrong: they keep a list for
each viewer, and one slow viewer holds all of it.

- A position is a number and nothing else.
- A viewer that is behind by more than the window starts over:
  - it gets a snapshot with a position of its own,
  - and goes on from there.
- What is \`undefined\` here is **not** an error.

1. Read the position from the address.
2. Look it up in the window, by halving.
3. Send what follows, in one write.

\`\`\`ts
/** What follows a position; undefined where the window no longer reaches back so far. */
export function readAfter(window: EventWindow, position: number): readonly Uint8Array[] | undefined {
  if (position < window.first - 1) return undefined;
  const from = position + 1 - window.first;
  return window.frames.slice(from, from + # * 10);
}
\`\`\`

| Measure            | Before | After | Unit |
| ------------------ | -----: | ----: | ---- |
| Resume, warm       |   4.2# |  1.0# | ms   |
| Memory of a viewer |  #00.1 |   8.7 | kB   |
| **Storm** of #     |    1.9 |   0.3 | s    |

> A log that is read from many places is still one log. What differs is where everybody stands.

次に、遅い閲覧者の扱いです。**窓に収まらない位置**から再開しようとする閲覧者には、差分ではなく \`snapshot\` を送ります。
こうすると、手順 # で説明したとおり、サーバーが閲覧者ごとに列を持つ必要がなくなり、記憶域は一定に保たれます。

- 位置は不透明な文字列で、比べることしかできません。
- 一度に書き込むのは **一回だけ** です。失われる出来事は [ありません](https://example.com/ja/#)。

### What to look at after step #

Start the server with \`YOI_LOG_LEVEL=debug\`, open two tabs, and stop one of them in the debugger for a minute. The other one
must not notice; the first must go on from where it was, **without a gap** and without repeating a single word of the text.

`;
