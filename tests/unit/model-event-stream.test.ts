/** Server-sent events from bytes, however they are cut and written, and how much one may hold. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EVENT_MAX_CHARS, EventStream, type ServerSentEvent } from "../../runtime/model/event-stream.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The events of a body that comes in these pieces: `name|data`. */
function read(...pieces: readonly (string | Uint8Array)[]): string[] {
  const stream = new EventStream();
  const tell = ({ event = "", data }: ServerSentEvent) => `${event}|${data}`;
  const during = pieces.flatMap((piece) =>
    Array.from(stream.take(piece instanceof Uint8Array ? piece : bytesOf(piece)), tell),
  );
  return [...during, ...Array.from(stream.end(), tell)];
}

describe("EventStream", () => {
  test.each([
    ["lines that end in CRLF", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", ["a|1", "|2"]],
    ["lines that end in CR", "data: 1\r\rdata: 2\r\r", ["|1", "|2"]],
    ["data of several lines", "data: 1\ndata:\ndata:  2\n\n", ["|1\n\n 2"]],
    ["comments, retries, ids and words of its own", ": hi\nretry: 10\nid: 7\nfoo: bar\ndata: 1\n\n: hi\n\n", ["|1"]],
    ["a byte order mark", "\ufeffdata: 1\n\n", ["|1"]],
    ["a name for one event only", "event: error\ndata: 1\n\ndata: 2\n\n", ["error|1", "|2"]],
    ["an event without data", "event: ping\n\ndata: 1\n\n", ["|1"]],
    ["no blank line at the end", "data: 1\n\ndata: 2", ["|1", "|2"]],
    ["no data after the last blank line", "data: 1\n\nevent: error\n", ["|1"]],
    ["nothing", "", []],
  ])("reads %s", (_what, text, events) => {
    expect(read(text)).toEqual(events);
  });

  test("reads the same events wherever the bytes are cut, in the middle of a character or of a line's end", () => {
    const bytes = bytesOf(
      "\ufeffevent: a\r\ndata: 日本語 😀\r\n\r\n: hi\rdata: é\r\rdata: 1\ndata: 2\n\ndata: [DONE]\n\n",
    );
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 })), (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
        expect(read(...pieces)).toEqual(["a|日本語 😀", "|é", "|1\n2", "|[DONE]"]);
      }),
    );
  });

  test.each([
    ["one line", (chars: number) => `data: ${"x".repeat(chars)}`],
    ["many lines", (chars: number) => `data: ${"x".repeat(999)}\n`.repeat(Math.ceil(chars / 1_000))],
  ])("gives the events before one that is too long, and throws then: %s", (_what, lines) => {
    const stream = new EventStream();
    const events: string[] = [];
    const take = (text: string) => {
      for (const { data } of stream.take(bytesOf(text))) events.push(data);
    };
    take(`data: 1\n\n${lines(EVENT_MAX_CHARS / 2)}`);
    expect(events).toEqual(["1"]);
    expect(() => take(`\n\ndata: 3\n\n${lines(EVENT_MAX_CHARS + 1)}`)).toThrow(
      expect.objectContaining({
        code: "provider_malformed",
        detail: `The provider sent an event of more than ${EVENT_MAX_CHARS} characters.`,
      }),
    );
    expect(events).toHaveLength(3);
    expect(events.at(-1)).toBe("3");
  });
});
