/**
 * What the provider stub is asked for.
 *
 * Owns the order that stands as JSON in a message, the same whether it comes from the server under test or straight
 * from a reader, and the texts that the stub can say.
 */
import * as z from "zod/mini";

/** `{"say":"stamps","tokens":50,"intervalMs":20,"offsetMs":4}`; 8 a tick: `{…,"tokensPerTick":8}`. */
export const AnswerOrder = z.strictObject({
  /** `stamps`: each token tells when it was sent; `filler`: tokens of one size; else prose. */
  say: z.enum(["stamps", "filler", "english", "japanese"]),
  tokens: z.number(),
  intervalMs: z.number(),
  /** How many tokens are written at once; 1 where this is left out. */
  tokensPerTick: z.optional(z.number()),
  /** What has been said before the first token, all of it at once; nothing where this is left out. */
  prefixChars: z.optional(z.number()),
  /** How long after the request the first token is due. */
  offsetMs: z.number(),
  /** Where in each interval of the provider's clock the tokens are sent; where the first falls if this is left out. */
  turnMs: z.optional(z.number()),
});
export type AnswerOrder = z.infer<typeof AnswerOrder>;

/** A provider thinks before it speaks. Without that the tail of the ages would be that of as many starts at once. */
const THINKING_MS = 250;

/**
 * Streams of stamps that take turns within one interval. Where each counted from its own request, how many tokens come
 * together would be that of the requests: another matter in each window.
 */
export function stampedStreams(streams: number, tokensPerSecond: number, seconds: number): readonly AnswerOrder[] {
  const intervalMs = 1_000 / tokensPerSecond;
  return Array.from({ length: streams }, (_, stream) => ({
    say: "stamps",
    tokens: tokensPerSecond * seconds,
    intervalMs,
    offsetMs: THINKING_MS,
    turnMs: (stream * intervalMs) / streams,
  }));
}

const FILLER = "sixteen letters ";
const PREFIX_PIECE_CHARS = 1_000;

/** What is said before the first token, in pieces that a model might send after a long thought. */
export function prefixOf({ prefixChars = 0 }: AnswerOrder): readonly string[] {
  const text = FILLER.repeat(Math.ceil(prefixChars / FILLER.length)).slice(0, prefixChars);
  return text.match(new RegExp(`[^]{1,${PREFIX_PIECE_CHARS}}`, "g")) ?? [];
}

/** The order's ticks, for whoever keeps its pace: the first and the last token of each, the last one not included. */
export function ticksOf({ tokens, tokensPerTick = 1 }: AnswerOrder): readonly (readonly [from: number, to: number])[] {
  return Array.from({ length: Math.ceil(tokens / tokensPerTick) }, (_, tick) => [
    tick * tokensPerTick,
    Math.min((tick + 1) * tokensPerTick, tokens),
  ]);
}

const ENGLISH =
  "The server keeps every conversation in a log, and each event of that log has a position. A browser that was away " +
  "names the last position it has seen, and the server sends what followed, in order, exactly once. Nothing depends on " +
  "the page being open: the answer grows while nobody looks, and whoever comes back reads it whole.\n\n";
const JAPANESE =
  "サーバーはすべての会話をログに残し、ログの出来事にはそれぞれ位置があります。離れていたブラウザーは最後に見た位置を伝え、" +
  "サーバーはその続きを順番どおりに、ちょうど一度だけ送ります。ページが開いているかどうかは関係ありません。" +
  "誰も見ていない間も回答は育ち、戻ってきた人はその全文を読めます。\n\n";

/** Pieces of the size that models send: an English word or a part of one, two Japanese characters. */
const PROSE = {
  english: ENGLISH.match(/\s?\S{1,7}|\s+/gu) ?? [],
  japanese: JAPANESE.match(/[^]{1,2}/gu) ?? [],
};

/** The monotonic clock that all processes of this machine share, in microseconds. */
function sharedClockUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** The text of one token, at the moment of sending it. */
export function tokenText(say: AnswerOrder["say"], index: number): string {
  switch (say) {
    case "stamps":
      return `${sharedClockUs()};`;
    case "filler":
      return FILLER;
    case "english":
    case "japanese":
      return PROSE[say][index % PROSE[say].length] ?? "";
  }
}

/** The age of every stamp in a text, in microseconds. */
export function stampAgesUs(text: string): number[] {
  const now = sharedClockUs();
  return [...text.matchAll(/(\d+);/g)].map(([, stamp]) => now - Number(stamp));
}

const DELTA_MARK = '"text_delta"';
const TEXT_MARK = '"text":"';
const STAMP_CHARS = 24;

/** The age of the first stamp in a frame with a piece of an answer, or null in any other frame. Parses nothing else. */
export function frameAgeUs(frame: Buffer): number | null {
  const delta = frame.indexOf(DELTA_MARK);
  const text = delta < 0 ? -1 : frame.indexOf(TEXT_MARK, delta);
  if (text < 0) return null;
  const from = text + TEXT_MARK.length;
  const stamp = Number.parseInt(frame.toString("latin1", from, from + STAMP_CHARS), 10);
  return Number.isNaN(stamp) ? null : sharedClockUs() - stamp;
}
